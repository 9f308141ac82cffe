import FactoryLink
import TimeAndChance
import USBTransport

/// A serial port behind an FTDI chip, as a stream of bytes.
public final class FTDIUART: ByteStream {
    private let channel: FTDIChannel
    private let pump: InputPump
    private let turn = AsyncTurn()
    /// Bits per second as asked for.
    public let baud: Int
    /// Bits per second as the chip makes them.
    public let actualBaud: Double

    /// Sets a channel up: 8 data bits, 1 stop bit, no parity.
    /// - Parameters:
    ///   - latency: how long the chip may keep a few bytes back, 1 to 255 ms. It sends a packet so often even on an idle line.
    ///   - eventCharacter: brings everything up to it home at once.
    public init(
        _ channel: FTDIChannel, baud: Int, flowControl: FTDIChannel.FlowControl = .none, latency: UInt8 = 2,
        eventCharacter: UInt8? = nil
    ) async throws {
        self.channel = channel
        self.baud = baud
        try await channel.reset()
        try await channel.purge()
        // A channel that can be something else may have been left so; older chips don't know the request.
        if channel.family.mpsseChannels > 0 { try await channel.setBitMode(.reset) }
        try await channel.setLatency(milliseconds: latency)
        if let eventCharacter { try await channel.setEventCharacter(eventCharacter) }
        actualBaud = try await channel.setBaud(baud)
        try await channel.setFormat()
        try await channel.setFlowControl(flowControl)
        try await channel.setModem(requestToSend: true, terminalReady: true)
        pump = InputPump(
            channel.device, endpoint: channel.input, framing: .statusBytes,
            length: channel.input.packetSize * 8,
            limit: 1 << 18)
        pump.keep(2)
    }

    deinit {
        pump.close()
    }

    /// What the line suffered so far.
    public var conditions: LineConditions { pump.status.conditions }

    /// Whether the far end lets us send (CTS).
    public var isClearToSend: Bool { pump.status.modem & 0x10 != 0 }

    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        // Long enough for the slowest line, then some: only a blocked adapter takes longer.
        let timeout = Duration.seconds(2) + .microseconds(bytes.count * 12_000_000 / max(baud, 1))
        do {
            try await turn.run {
                _ = try await channel.device.run(
                    .bulkOut(endpoint: channel.output.address, bytes), timeout: timeout, on: channel.time)
            }
        } catch let error as USBError {
            throw Self.closed(error)
        }
    }

    public func read(timeout: Duration) async throws -> [UInt8] {
        do {
            return try await pump.wait(for: 1, timeout: timeout, on: channel.time) ? pump.take(.max / 2) : []
        } catch let error as USBError {
            throw Self.closed(error)
        }
    }

    /// Holds the line low for `duration`.
    public func sendBreak(_ duration: Duration) async throws {
        try await channel.setFormat(breaking: true)
        try await channel.time.sleep(for: duration)
        try await channel.setFormat()
    }

    static func closed(_ error: USBError) -> any Error {
        if case .cancelled = error, Task.isCancelled { return CancellationError() }
        return ByteStreamError.closed(error.description)
    }

    /// Stops reading; the channel is free for something else.
    public func close() {
        pump.close()
    }
}
