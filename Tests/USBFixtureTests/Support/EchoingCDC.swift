import USBTransport
import VirtualUSB

/// A CDC-ACM adapter whose line is looped back, full speed, 64-byte packets.
final class EchoingCDC: DeviceModel {
    let speed = USBSpeed.full
    let deviceDescriptor: [UInt8] = [
        18, 1, 0x00, 0x02, 2, 0, 0, 64, 0x6B, 0x1D, 0x04, 0x01, 0, 1, 0, 0, 0, 1,
    ]
    let configurationDescriptor: [UInt8]
    private(set) var lineCoding: [UInt8] = []
    private(set) var controlLines: UInt16 = 0
    private(set) var breaks: [UInt16] = []
    private var echo: [UInt8] = []
    private var notices: [[UInt8]] = []
    private var owesEmptyPacket = false

    init() {
        var bytes: [UInt8] = [9, 4, 0, 0, 1, 2, 2, 1, 0]
        bytes += [5, 0x24, 0, 0x10, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1, 5, 0x24, 1, 0, 1]
        bytes += [7, 5, 0x83, 3, 16, 0, 9]
        bytes += [9, 4, 1, 0, 2, 0x0A, 0, 0, 0, 7, 5, 0x81, 2, 64, 0, 0, 7, 5, 0x02, 2, 64, 0, 0]
        configurationDescriptor = [9, 2, UInt8(9 + bytes.count), 0, 2, 1, 0, 0x80, 50] + bytes
    }

    func string(_ index: UInt8) -> String? { nil }

    func control(_ setup: USBSetup, data: [UInt8], at time: Duration) -> ControlAnswer {
        guard setup.requestType == 0x21, setup.index == 0 else { return .stall }
        switch setup.request {
        case 0x20: lineCoding = data
        case 0x22: controlLines = setup.value
        case 0x23: breaks.append(setup.value)
        default: return .stall
        }
        return .accepted
    }

    /// SERIAL_STATE with the given bits.
    func notify(_ bits: UInt8) {
        notices.append([0xA1, 0x20, 0, 0, 0, 0, 2, 0, bits, 0])
    }

    func advance(to time: Duration) {}

    func accept(_ packet: ArraySlice<UInt8>, endpoint: UInt8, at time: Duration) -> PacketAnswer {
        // Bytes are only echoed once the transfer is over, as a program behind a real one would see them.
        echo += packet
        owesEmptyPacket = packet.count == 64
        return .ack
    }

    func offer(endpoint: UInt8, at time: Duration) -> [UInt8]? {
        if endpoint == 0x83 { return notices.isEmpty ? nil : notices.removeFirst() }
        guard !echo.isEmpty, !owesEmptyPacket else { return nil }
        let packet = Array(echo.prefix(64))
        echo.removeFirst(packet.count)
        return packet
    }

    func nextChange(endpoint: UInt8, after time: Duration) -> Duration? {
        endpoint & 0x80 != 0 ? time + .milliseconds(1) : nil
    }

    func reset(at time: Duration) {
        echo = []
        notices = []
    }
}
