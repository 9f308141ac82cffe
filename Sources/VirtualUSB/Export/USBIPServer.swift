import Synchronization
import USBTransport

/// Exports virtual devices over USB/IP, so that any Linux machine can attach them with `usbip attach`.
///
/// Protocol 1.1.1 as the kernel's documentation has it (Documentation/usb/usbip_protocol.rst): big-endian headers of 48
/// bytes, one connection for each imported device.
public final class USBIPServer: Sendable {
    /// The port that usbip asks by itself.
    public static let standardPort: UInt16 = 3240

    private let listener: ServerSocket
    private let devices: [Device]

    private struct Device: Sendable {
        var busID: String
        var number: UInt32
        var port: VirtualPort
    }

    /// Listens; nothing is served before `start`.
    /// - Parameters:
    ///   - devices: exported as bus IDs 1-1, 1-2 and so on.
    ///   - port: 0 takes any free one.
    ///   - loopbackOnly: false lets other machines attach: whoever reaches the port owns the devices.
    public init(
        exporting devices: [VirtualPort], port: UInt16 = USBIPServer.standardPort, loopbackOnly: Bool = true
    ) throws(ExportError) {
        self.devices = devices.enumerated().map {
            Device(busID: "1-\($0.offset + 1)", number: UInt32($0.offset + 1), port: $0.element)
        }
        listener = try ServerSocket(.tcp(port: port, loopbackOnly: loopbackOnly))
    }

    /// The TCP port in use.
    public var port: UInt16 { listener.port }

    /// The bus IDs under which the devices can be attached.
    public var busIDs: [String] { devices.map(\.busID) }

    public func start() {
        listener.start { [devices] socket in Self.serve(socket, devices) }
    }

    public func stop() {
        listener.stop()
    }

    // MARK: Before a device is imported

    private static let version: UInt16 = 0x0111
    private enum Operation {
        static let listRequest: UInt16 = 0x8005
        static let listReply: UInt16 = 0x0005
        static let importRequest: UInt16 = 0x8003
        static let importReply: UInt16 = 0x0003
    }

    private static func serve(_ socket: StreamSocket, _ devices: [Device]) {
        while let header = socket.read(8) {
            var reader = WireReader(header)
            _ = reader.big16()
            switch reader.big16() {
            case Operation.listRequest: socket.write(list(devices.filter(\.port.isPlugged)))
            case Operation.importRequest:
                guard let name = socket.read(32) else { return }
                let busID = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                guard let device = devices.first(where: { $0.busID == busID }), device.port.isPlugged else {
                    socket.write(reply(Operation.importReply, status: 1).bytes)
                    continue
                }
                var writer = reply(Operation.importReply, status: 0)
                describe(device, &writer)
                socket.write(writer.bytes)
                // From here on the connection carries transfers only.
                USBIPConnection(socket, device.port, deviceID: 1 << 16 | device.number).run()
                return
            default: return
            }
        }
    }

    private static func reply(_ operation: UInt16, status: UInt32) -> WireWriter {
        var writer = WireWriter()
        writer.big(version)
        writer.big(operation)
        writer.big(status)
        return writer
    }

    private static func list(_ devices: [Device]) -> [UInt8] {
        var writer = reply(Operation.listReply, status: 0)
        writer.big(UInt32(devices.count))
        for device in devices {
            describe(device, &writer)
            for interface in interfaces(of: device) {
                writer.raw([interface.classCode, interface.subclass, interface.protocolCode, 0])
            }
        }
        return writer.bytes
    }

    private static func interfaces(of device: Device) -> [USBInterfaceInfo] {
        (try? USBDescriptors.interfaces(in: device.port.configurationDescriptor)) ?? []
    }

    private static func describe(_ device: Device, _ writer: inout WireWriter) {
        writer.text("/sys/devices/virtual/usb1/\(device.busID)", in: 256)
        writer.text(device.busID, in: 32)
        writer.big(UInt32(1))
        writer.big(device.number)
        let speed: UInt32 =
            switch device.port.speed {
            case .low: 1
            case .full: 2
            case .high, .unknown: 3
            case .super: 5
            }
        writer.big(speed)
        var descriptor = WireReader(device.port.deviceDescriptor)
        _ = descriptor.raw(4)
        let classes = descriptor.raw(3)
        _ = descriptor.byte()
        for _ in 0..<3 { writer.big(descriptor.little16()) }
        writer.raw(classes)
        writer.raw([1, 1, UInt8(clamping: interfaces(of: device).count)])
    }
}

/// An imported device's transfers.
private final class USBIPConnection: Sendable {
    private struct Pending {
        var ticket: USBTicket
        /// Asked to be unlinked under this number.
        var unlink: UInt32?
    }

    private let socket: StreamSocket
    private let port: VirtualPort
    private let deviceID: UInt32
    private let pending = Mutex<[UInt32: Pending]>([:])
    private let endpointKinds: [UInt8: USBEndpointInfo.Kind]

    /// A longer transfer than any kernel sends ends the connection.
    private static let longest: UInt32 = 1 << 20

    init(_ socket: StreamSocket, _ port: VirtualPort, deviceID: UInt32) {
        self.socket = socket
        self.port = port
        self.deviceID = deviceID
        var kinds: [UInt8: USBEndpointInfo.Kind] = [:]
        for interface in (try? USBDescriptors.interfaces(in: port.configurationDescriptor)) ?? [] {
            for endpoint in interface.endpoints { kinds[endpoint.address] = endpoint.kind }
        }
        endpointKinds = kinds
    }

    func run() {
        let watch = port.watchUnplug { [socket] in socket.shutDown() }
        defer { port.stopWatching(watch) }
        loop: while let header = socket.read(48) {
            var reader = WireReader(header)
            let command = reader.big32()
            let sequence = reader.big32()
            _ = reader.big32()
            let isInput = reader.big32() == 1
            let number = UInt8(truncatingIfNeeded: reader.big32())
            switch command {
            case 1: guard submit(&reader, sequence, isInput: isInput, endpoint: number) else { break loop }
            case 2: unlink(sequence, target: reader.big32())
            default: break loop
            }
        }
        for (_, transfer) in pending.withLock({ $0 }) { port.cancel(transfer.ticket) }
    }

    private func submit(_ reader: inout WireReader, _ sequence: UInt32, isInput: Bool, endpoint: UInt8)
        -> Bool
    {
        _ = reader.big32()
        let length = reader.big32()
        _ = reader.raw(12)
        guard length <= Self.longest, let setup = USBSetup(bytes: reader.raw(8)) else { return false }
        var data: [UInt8] = []
        if !isInput {
            guard let sent = socket.read(Int(length)) else { return false }
            data = sent
        }
        let address = isInput ? endpoint & 0x0F | 0x80 : endpoint & 0x0F
        let transfer: USBTransfer
        if endpoint == 0 {
            transfer = isInput ? .controlIn(setup) : .controlOut(setup, data)
        } else if isInput {
            transfer =
                endpointKinds[address] == .interrupt
                ? .interruptIn(endpoint: address, length: Int(length))
                : .bulkIn(endpoint: address, length: Int(length))
        } else {
            transfer = .bulkOut(endpoint: address, data)
        }
        let ticket = port.makeTicket()
        pending.withLock { $0[sequence] = Pending(ticket: ticket) }
        port.submit(transfer, as: ticket) { [weak self] completion in
            self?.ended(sequence, completion, isInput: isInput)
        }
        return true
    }

    /// Linux's error numbers, as the far kernel expects them.
    private static func status(of status: USBStatus) -> Int32 {
        switch status {
        case .completed: 0
        case .cancelled: -104
        case .stalled: -32
        case .overflow: -75
        case .disconnected: -108
        case .failed: -71
        }
    }

    private func ended(_ sequence: UInt32, _ completion: USBCompletion, isInput: Bool) {
        guard let transfer = pending.withLock({ $0.removeValue(forKey: sequence) }) else { return }
        var writer = WireWriter()
        if let unlink = transfer.unlink {
            // The answer to the unlink takes the place of the transfer's own.
            writer.big(UInt32(4))
            writer.big(unlink)
            writer.zeros(12)
            writer.big(UInt32(bitPattern: -104))
            writer.zeros(24)
        } else {
            writer.big(UInt32(3))
            writer.big(sequence)
            writer.zeros(12)
            writer.big(UInt32(bitPattern: Self.status(of: completion.status)))
            writer.big(UInt32(isInput ? completion.data.count : completion.sent))
            writer.zeros(20)
            if isInput { writer.raw(completion.data) }
        }
        socket.write(writer.bytes)
    }

    private func unlink(_ sequence: UInt32, target: UInt32) {
        let ticket = pending.withLock { pending -> USBTicket? in
            pending[target]?.unlink = sequence
            return pending[target]?.ticket
        }
        if let ticket {
            port.cancel(ticket)
        } else {
            // It had ended before.
            var writer = WireWriter()
            writer.big(UInt32(4))
            writer.big(sequence)
            writer.zeros(40)
            socket.write(writer.bytes)
        }
    }
}
