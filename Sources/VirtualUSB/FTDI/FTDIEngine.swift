/// What stands behind the two FIFOs of a channel: a UART or the MPSSE.
protocol FTDIEngine: AnyObject {
    /// Works off commands or bytes until `time`.
    func advance(to time: Duration, buffers: inout FTDIBuffers)

    /// When the engine next does something by itself, later than `time`.
    func nextChange(after time: Duration, buffers: FTDIBuffers) -> Duration?

    /// The two status bytes that start each packet to the host.
    func status() -> (modem: UInt8, line: UInt8)
}

/// A channel's FIFOs, 4 KB each way on an FT2232H (data sheet, 1.1), and what makes it send.
struct FTDIBuffers {
    /// From the host.
    var outgoing = ByteQueue(capacity: 4096)
    /// To the host.
    var incoming = ByteQueue(capacity: 4096)
    /// Send what there is without waiting for the latency timer (87h, or an event character).
    var flush = false
    /// When the host last gave or took something: an engine that waited for it goes on from here.
    var touched = Duration.zero
}

/// One channel of the adapter: FIFOs, latency timer, and the engine that the bit mode chose.
final class FTDIChannelModel {
    var buffers = FTDIBuffers()
    var engine: any FTDIEngine
    /// 1 to 255 ms (16 after power-up).
    var latency = Duration.milliseconds(16)
    private var lastSent = Duration.zero
    private let packetSize: Int

    init(engine: any FTDIEngine, packetSize: Int) {
        self.engine = engine
        self.packetSize = packetSize
    }

    func advance(to time: Duration) {
        engine.advance(to: time, buffers: &buffers)
    }

    func accept(_ packet: ArraySlice<UInt8>, at time: Duration) -> PacketAnswer {
        guard buffers.outgoing.free >= packet.count else { return .nak }
        buffers.outgoing.append(packet)
        buffers.touched = time
        return .ack
    }

    /// A packet when one is full, asked for, or due by the latency timer: two status bytes, then data.
    func offer(at time: Duration) -> [UInt8]? {
        let room = packetSize - 2
        guard
            buffers.incoming.count >= room || (buffers.flush && !buffers.incoming.isEmpty)
                || time - lastSent >= latency
        else { return nil }
        let status = engine.status()
        let packet = [status.modem, status.line] + buffers.incoming.take(room)
        if buffers.incoming.isEmpty { buffers.flush = false }
        buffers.touched = time
        lastSent = time
        return packet
    }

    func nextChange(input: Bool, after time: Duration) -> Duration? {
        let own = engine.nextChange(after: time, buffers: buffers)
        guard input else { return own }
        let due = max(lastSent + latency, time + .microseconds(1))
        return own.map { min($0, due) } ?? due
    }

    func purgeIncoming() {
        buffers.incoming.removeAll()
        buffers.flush = false
    }

    func purgeOutgoing() {
        buffers.outgoing.removeAll()
    }

    /// The latency timer starts anew.
    func restartTimer(at time: Duration) {
        lastSent = time
    }
}
