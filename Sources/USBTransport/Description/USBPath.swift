/// Where a device is plugged in: the bus and the ports of the hubs on the way, as Linux names it (`1-4.2`).
///
/// The path belongs to the socket, not to the device: it stays the same when the device is exchanged, and as long as
/// nobody moves the cables.
public struct USBPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The host controller's number, from 1.
    public let bus: Int
    /// Port numbers from the root hub outwards, each from 1; empty for the root hub itself.
    public let ports: [Int]

    public init(bus: Int, ports: [Int]) {
        self.bus = bus
        self.ports = ports
    }

    /// Reads `bus-port.port…`.
    /// - Returns: nil for anything else: numbers are 1 to 255, at most 7 ports deep (USB 2.0, 4.1.1: five hubs and a device).
    public init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, let bus = Self.number(halves[0]) else { return nil }
        var ports: [Int] = []
        for piece in halves[1].split(separator: ".", omittingEmptySubsequences: false) {
            guard let port = Self.number(piece) else { return nil }
            ports.append(port)
        }
        guard (1...7).contains(ports.count) else { return nil }
        self.init(bus: bus, ports: ports)
    }

    public var description: String {
        ports.isEmpty ? "usb\(bus)" : "\(bus)-" + ports.map(String.init).joined(separator: ".")
    }

    public static func < (left: USBPath, right: USBPath) -> Bool {
        left.bus != right.bus ? left.bus < right.bus : left.ports.lexicographicallyPrecedes(right.ports)
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text),
            (1...255).contains(value)
        else { return nil }
        return value
    }
}
