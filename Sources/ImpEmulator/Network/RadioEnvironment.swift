import Imp003

/// What is on the air around the line.
public struct RadioEnvironment: Sendable, Equatable {
    /// All that send, whatever their channel.
    public var accessPoints: [AccessPoint]

    public init(accessPoints: [AccessPoint]) {
        self.accessPoints = accessPoints
    }

    /// A shielded line: one access point on each of the 14 channels, and the factory's own on channel 6.
    public static let factoryFloor = RadioEnvironment(
        accessPoints: [
            AccessPoint(
                ssid: "factory-floor", bssid: bssid(0x10), channel: 6, rssi: -44,
                password: "blessed-be-the-line")
        ]
            + (1...14).map { channel in
                AccessPoint(
                    ssid: "channel-\(channel)", bssid: bssid(UInt8(channel)), channel: channel,
                    rssi: -58 - channel % 5, password: channel % 3 == 0 ? nil : "not for you")
            })

    /// BSSIDs of a private range (bit 1 of the first byte), so that no maker's number is used.
    private static func bssid(_ last: UInt8) -> [UInt8] {
        [0x02, 0x1B, 0x2E, 0x00, 0x24, last]
    }
}

/// One access point and the network behind it.
public struct AccessPoint: Sendable, Equatable {
    /// 1 to 32 bytes.
    public var ssid: String
    /// Six bytes.
    public var bssid: [UInt8]
    /// 1 to 14.
    public var channel: Int
    /// dBm at the seat of the unit, for a good antenna.
    public var rssi: Int
    /// nil = open.
    public var password: String?
    /// What is behind it.
    public var network: NetworkPath
    /// By how much each frame of the join is late, on top of what a weak signal costs (R18).
    public var frameDelay = Duration.zero
    /// Lets stations in; one that does not lets them wait.
    public var admitsStations = true

    public init(
        ssid: String, bssid: [UInt8], channel: Int, rssi: Int, password: String?,
        network: NetworkPath = .working
    ) {
        self.ssid = ssid
        self.bssid = bssid
        self.channel = channel
        self.rssi = rssi
        self.password = password
        self.network = network
    }
}

/// A row of `imp.scanwifinetworks()`.
public struct ScanResult: Sendable, Equatable {
    public var ssid: String
    /// 12 hexadecimal digits.
    public var bssid: String
    public var channel: Int
    /// dBm.
    public var rssi: Int
    /// Without encryption.
    public var open: Bool
}

extension RadioEnvironment {
    /// The same air with something changed at each access point.
    func with(_ change: (inout AccessPoint) -> Void) -> RadioEnvironment {
        var copy = self
        for index in copy.accessPoints.indices { change(&copy.accessPoints[index]) }
        return copy
    }

    /// The same access points with another network behind them; nil = none on the air.
    func behind(_ path: NetworkPath?) -> RadioEnvironment {
        path.map { path in with { $0.network = path } } ?? RadioEnvironment(accessPoints: [])
    }
}
