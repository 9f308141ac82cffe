import FactoryLink
import TimeAndChance
import USBTransport

/// A standard serial adapter: USB communications class, abstract control model.
///
/// Source: USB CDC 1.2 and its PSTN subclass 1.2 (SET_LINE_CODING 20h, SET_CONTROL_LINE_STATE 22h, SEND_BREAK 23h,
/// SERIAL_STATE 20h).
public final class CDCACMPort: ByteStream {
    /// Which interfaces of a device make up its first serial port.
    struct Layout: Equatable {
        var control: UInt8
        var notifications: USBEndpointInfo?
        var data: UInt8
        var input: USBEndpointInfo
        var output: USBEndpointInfo

        /// - Returns: nil when the device has no such port.
        init?(_ interfaces: [USBInterfaceInfo]) {
            guard
                let control = interfaces.first(where: { $0.classCode == 0x02 && $0.subclass == 0x02 }),
                let data = interfaces.first(where: { $0.classCode == 0x0A && $0.number > control.number }),
                let input = data.endpoint(.bulk, input: true),
                let output = data.endpoint(.bulk, input: false),
                input.packetSize > 0
            else { return nil }
            self.control = control.number
            notifications = control.endpoint(.interrupt, input: true)
            self.data = data.number
            self.input = input
            self.output = output
        }
    }

    private let device: any USBDevice
    private let time: any TimeSource
    private let layout: Layout
    private let pump: InputPump
    private let notices: InputPump?
    private let turn = AsyncTurn()
    /// Bits per second.
    public let baud: Int

    private static let patience = Duration.seconds(1)

    /// Whether a device looks like a CDC-ACM adapter.
    public static func matches(_ info: USBDeviceInfo) -> Bool {
        Layout(info.interfaces) != nil
    }

    /// Claims a device's first serial port: 8 data bits, no parity, 1 stop bit, DTR and RTS on.
    public init(_ device: any USBDevice, baud: Int, time: any TimeSource) async throws {
        guard let layout = Layout(device.info.interfaces) else {
            throw FTDIError.wrongChip(device.info, needed: "a CDC-ACM serial adapter")
        }
        self.device = device
        self.time = time
        self.layout = layout
        self.baud = baud
        try device.claim(interface: layout.control)
        do {
            try device.claim(interface: layout.data)
        } catch {
            device.release(interface: layout.control)
            throw error
        }
        let rate = UInt32(clamping: baud)
        let coding: [UInt8] = [
            UInt8(truncatingIfNeeded: rate), UInt8(truncatingIfNeeded: rate >> 8),
            UInt8(truncatingIfNeeded: rate >> 16),
            UInt8(truncatingIfNeeded: rate >> 24), 0, 0, 8,
        ]
        // One packet a read: not every adapter closes a full last packet with an empty one.
        pump = InputPump(
            device, endpoint: layout.input, framing: .plain, length: layout.input.packetSize, limit: 1 << 18)
        notices = layout.notifications.map {
            InputPump(
                device, endpoint: $0, framing: .notifications, length: max($0.packetSize, 16), limit: 4096)
        }
        do {
            try await command(0x20, data: coding)
            try await command(0x22, value: 3)
        } catch {
            device.release(interface: layout.data)
            device.release(interface: layout.control)
            throw error
        }
        pump.keep(8)
        notices?.keep(1)
    }

    deinit {
        pump.close()
        notices?.close()
        device.release(interface: layout.data)
        device.release(interface: layout.control)
    }

    private func command(_ request: UInt8, value: UInt16 = 0, data: [UInt8] = []) async throws(USBError) {
        let setup = USBSetup(requestType: 0x21, request: request, value: value, index: UInt16(layout.control))
        try await device.run(.controlOut(setup, data), timeout: Self.patience, on: time)
    }

    /// What the line suffered so far, as far as the adapter tells.
    public var conditions: LineConditions { notices?.status.conditions ?? LineConditions() }

    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        let timeout = Duration.seconds(2) + .microseconds(bytes.count * 12_000_000 / max(baud, 1))
        do {
            try await turn.run {
                _ = try await device.run(
                    .bulkOut(endpoint: layout.output.address, bytes), timeout: timeout, on: time)
                // A transfer that fills its last packet is only over with an empty one.
                if bytes.count % layout.output.packetSize == 0 {
                    _ = try await device.run(
                        .bulkOut(endpoint: layout.output.address, []), timeout: timeout, on: time)
                }
            }
        } catch let error as USBError {
            throw FTDIUART.closed(error)
        }
    }

    public func read(timeout: Duration) async throws -> [UInt8] {
        do {
            return try await pump.wait(for: 1, timeout: timeout, on: time) ? pump.take(.max / 2) : []
        } catch let error as USBError {
            throw FTDIUART.closed(error)
        }
    }

    /// Holds the line low.
    /// - Parameter duration: rounded up to milliseconds, at most 65,534 of them.
    public func sendBreak(_ duration: Duration) async throws(USBError) {
        let milliseconds = min(max((duration.seconds * 1000).rounded(.up), 1), 65_534)
        try await command(0x23, value: UInt16(milliseconds))
    }

    /// Stops reading.
    public func close() {
        pump.close()
        notices?.close()
    }
}
