import Synchronization
import USBTransport

/// Exports one virtual device by the usb-redir protocol, to QEMU's `-device usb-redir`.
///
/// Protocol 0.7 (usbredir's docs/usb-redirection-protocol.md): little-endian packets; a header of 12 bytes before both
/// sides know each other's capabilities, of 16 after that. Closing the socket unplugs the device in the guest.
public final class USBRedirServer: Sendable {
    private let listener: ServerSocket
    private let port: VirtualPort

    /// - Parameter path: of the Unix socket on which QEMU connects.
    public init(exporting port: VirtualPort, path: String) throws(ExportError) {
        self.port = port
        listener = try ServerSocket(.path(path))
    }

    public func start() {
        listener.start { [port] socket in
            // Unplugged: QEMU tries again by itself.
            guard port.isPlugged else { return }
            USBRedirConnection(socket, port).run()
        }
    }

    public func stop() {
        listener.stop()
    }
}

/// One guest's connection.
private final class USBRedirConnection: Sendable {
    private enum Kind {
        static let hello: UInt32 = 0
        static let deviceConnect: UInt32 = 1
        static let reset: UInt32 = 3
        static let interfaceInfo: UInt32 = 4
        static let endpointInfo: UInt32 = 5
        static let setConfiguration: UInt32 = 6
        static let getConfiguration: UInt32 = 7
        static let configurationStatus: UInt32 = 8
        static let setAlternate: UInt32 = 9
        static let getAlternate: UInt32 = 10
        static let alternateStatus: UInt32 = 11
        static let startInterrupt: UInt32 = 15
        static let stopInterrupt: UInt32 = 16
        static let interruptStatus: UInt32 = 17
        static let cancel: UInt32 = 21
        static let control: UInt32 = 100
        static let bulk: UInt32 = 101
        static let interrupt: UInt32 = 103
    }

    /// Version in connect, packet size in endpoint info, 64-bit numbers, 32-bit bulk lengths.
    private static let capabilities: UInt32 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6
    private static let longest: UInt32 = 1 << 24

    private struct State {
        var tickets: [UInt64: USBTicket] = [:]
        var wide = false
        /// Interrupt endpoints that the guest listens to.
        var listening: Set<UInt8> = []
    }

    private let socket: StreamSocket
    private let port: VirtualPort
    private let interfaces: [USBInterfaceInfo]
    private let state = Mutex(State())

    init(_ socket: StreamSocket, _ port: VirtualPort) {
        self.socket = socket
        self.port = port
        interfaces = (try? USBDescriptors.interfaces(in: port.configurationDescriptor)) ?? []
    }

    func run() {
        let watch = port.watchUnplug { [socket] in socket.shutDown() }
        defer { port.stopWatching(watch) }
        var hello = WireWriter()
        hello.text("blessing-station virtual fixture", in: 64)
        hello.little(Self.capabilities)
        send(Kind.hello, 0, hello.bytes)
        while let packet = receive() {
            guard handle(packet.kind, packet.id, packet.body) else { break }
        }
        for ticket in state.withLock({ Array($0.tickets.values) }) { port.cancel(ticket) }
    }

    private func receive() -> (kind: UInt32, id: UInt64, body: [UInt8])? {
        let wide = state.withLock { $0.wide }
        guard let header = socket.read(wide ? 16 : 12) else { return nil }
        var reader = WireReader(header)
        let kind = reader.little32()
        let length = reader.little32()
        let id = wide ? reader.little64() : UInt64(reader.little32())
        guard length <= Self.longest, let body = socket.read(Int(length)) else { return nil }
        return (kind, id, body)
    }

    private func send(_ kind: UInt32, _ id: UInt64, _ body: [UInt8]) {
        var writer = WireWriter()
        writer.little(kind)
        writer.little(UInt32(body.count))
        if state.withLock({ $0.wide }) {
            writer.little(id)
        } else {
            writer.little(UInt32(truncatingIfNeeded: id))
        }
        writer.raw(body)
        socket.write(writer.bytes)
    }

    private func handle(_ kind: UInt32, _ id: UInt64, _ body: [UInt8]) -> Bool {
        var reader = WireReader(body)
        switch kind {
        case Kind.hello:
            guard body.count >= 68 else { return false }
            _ = reader.raw(64)
            let theirs = reader.little32()
            // Without these the lengths of packets would be others.
            guard theirs & Self.capabilities == Self.capabilities else { return false }
            state.withLock { $0.wide = true }
            introduce()
        case Kind.reset: port.resetDevice()
        case Kind.setConfiguration:
            let configuration = reader.byte()
            request(USBSetup(requestType: 0, request: 9, value: UInt16(configuration))) {
                [weak self] completion in
                self?.send(Kind.configurationStatus, id, [Self.status(completion.status), configuration])
            }
        case Kind.getConfiguration: send(Kind.configurationStatus, id, [0, 1])
        case Kind.setAlternate: send(Kind.alternateStatus, id, [0, reader.byte(), reader.byte()])
        case Kind.getAlternate: send(Kind.alternateStatus, id, [0, reader.byte(), 0])
        case Kind.startInterrupt:
            let endpoint = reader.byte()
            state.withLock { _ = $0.listening.insert(endpoint) }
            send(Kind.interruptStatus, id, [0, endpoint])
            listen(endpoint)
        case Kind.stopInterrupt:
            let endpoint = reader.byte()
            state.withLock { _ = $0.listening.remove(endpoint) }
            send(Kind.interruptStatus, id, [0, endpoint])
        case Kind.cancel:
            if let ticket = state.withLock({ $0.tickets[id] }) { port.cancel(ticket) }
        case Kind.control: return control(&reader, id, count: body.count)
        case Kind.bulk: return bulk(&reader, id, count: body.count)
        default: break
        }
        return true
    }

    private func introduce() {
        var info = WireWriter()
        info.little(UInt32(interfaces.count))
        let columns: [(USBInterfaceInfo) -> UInt8] = [\.number, \.classCode, \.subclass, \.protocolCode]
        for column in columns {
            info.raw(interfaces.map(column))
            info.zeros(32 - interfaces.count)
        }
        send(Kind.interfaceInfo, 0, info.bytes)
        sendEndpoints()
        var descriptor = WireReader(port.deviceDescriptor)
        _ = descriptor.raw(4)
        var connect = WireWriter()
        let speed: UInt8 =
            switch port.speed {
            case .low: 0
            case .full: 1
            case .high, .unknown: 2
            case .super: 3
            }
        connect.byte(speed)
        connect.raw(descriptor.raw(3))
        _ = descriptor.byte()
        for _ in 0..<3 { connect.little(descriptor.little16()) }
        send(Kind.deviceConnect, 0, connect.bytes)
    }

    /// Position 0 to 15 outgoing, 16 to 31 incoming.
    private func sendEndpoints() {
        var kinds = [UInt8](repeating: 255, count: 32)
        var intervals = [UInt8](repeating: 0, count: 32)
        var owners = [UInt8](repeating: 0, count: 32)
        var sizes = [UInt16](repeating: 0, count: 32)
        for position in [0, 16] { (kinds[position], sizes[position]) = (0, 64) }
        for interface in interfaces {
            for endpoint in interface.endpoints {
                let position = Int(endpoint.address & 0x80) >> 3 | Int(endpoint.address & 0x0F)
                kinds[position] = endpoint.kind.rawValue
                intervals[position] = endpoint.kind == .interrupt ? 8 : 0
                owners[position] = interface.number
                sizes[position] = UInt16(clamping: endpoint.packetSize)
            }
        }
        var writer = WireWriter()
        writer.raw(kinds)
        writer.raw(intervals)
        writer.raw(owners)
        for size in sizes { writer.little(size) }
        send(Kind.endpointInfo, 0, writer.bytes)
    }

    private static func status(_ status: USBStatus) -> UInt8 {
        switch status {
        case .completed: 0
        case .cancelled: 1
        case .stalled: 4
        case .overflow: 6
        case .disconnected, .failed: 3
        }
    }

    private func request(_ setup: USBSetup, then: @escaping @Sendable (USBCompletion) -> Void) {
        port.submit(.controlOut(setup, []), as: port.makeTicket(), completion: then)
    }

    private func start(
        _ transfer: USBTransfer, _ id: UInt64, then: @escaping @Sendable (USBCompletion) -> Void
    ) {
        let ticket = port.makeTicket()
        state.withLock { $0.tickets[id] = ticket }
        port.submit(transfer, as: ticket) { [weak self] completion in
            guard let self else { return }
            self.state.withLock { _ = $0.tickets.removeValue(forKey: id) }
            then(completion)
        }
    }

    private func control(_ reader: inout WireReader, _ id: UInt64, count: Int) -> Bool {
        guard count >= 10 else { return false }
        let head = reader.raw(3)
        _ = reader.byte()
        let setup = USBSetup(
            requestType: head[2], request: head[1], value: reader.little16(), index: reader.little16(),
            length: reader.little16())
        start(setup.isInput ? .controlIn(setup) : .controlOut(setup, reader.rest()), id) {
            [weak self] completion in
            var writer = WireWriter()
            writer.raw(head)
            writer.byte(Self.status(completion.status))
            writer.little(setup.value)
            writer.little(setup.index)
            writer.little(UInt16(clamping: setup.isInput ? completion.data.count : completion.sent))
            if setup.isInput { writer.raw(completion.data) }
            self?.send(Kind.control, id, writer.bytes)
        }
        return true
    }

    private func bulk(_ reader: inout WireReader, _ id: UInt64, count: Int) -> Bool {
        guard count >= 10 else { return false }
        let endpoint = reader.byte()
        _ = reader.byte()
        let low = reader.little16()
        let stream = reader.little32()
        let length = Int(low) | Int(reader.little16()) << 16
        guard length <= Int(Self.longest) else { return false }
        let isInput = endpoint & 0x80 != 0
        start(
            isInput
                ? .bulkIn(endpoint: endpoint, length: length) : .bulkOut(endpoint: endpoint, reader.rest()),
            id
        ) {
            [weak self] completion in
            let count = isInput ? completion.data.count : completion.sent
            var writer = WireWriter()
            writer.raw([endpoint, Self.status(completion.status)])
            writer.little(UInt16(truncatingIfNeeded: count))
            writer.little(stream)
            writer.little(UInt16(truncatingIfNeeded: count >> 16))
            if isInput { writer.raw(completion.data) }
            self?.send(Kind.bulk, id, writer.bytes)
        }
        return true
    }

    /// Sends what an interrupt endpoint has, for as long as the guest listens.
    private func listen(_ endpoint: UInt8) {
        port.submit(.interruptIn(endpoint: endpoint, length: 64), as: port.makeTicket()) {
            [weak self] completion in
            guard let self, self.state.withLock({ $0.listening.contains(endpoint) }) else { return }
            guard completion.status == .completed else { return }
            var writer = WireWriter()
            writer.raw([endpoint, 0])
            writer.little(UInt16(clamping: completion.data.count))
            writer.raw(completion.data)
            self.send(Kind.interrupt, 0, writer.bytes)
            self.listen(endpoint)
        }
    }
}
