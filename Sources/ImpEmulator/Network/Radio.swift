import Imp003
import TimeAndChance

/// The module's WiFi radio: what it hears on the channels that its region allows.
public final class Radio {
    /// Everything on the air; a test may change it while the module runs.
    public var environment: RadioEnvironment {
        didSet { onEnvironmentChange() }
    }

    var onEnvironmentChange: () -> Void = {}
    /// dB that this unit's antenna adds to every signal, faults included.
    let antennaDecibels: Double
    /// The radio refuses to start: its NVRAM image is not for it.
    var isDead = false
    /// A scan is going on.
    var isScanning = false
    /// A connection is held or being made.
    var isConnecting = false
    private var fading: SeededGenerator

    init(environment: RadioEnvironment, antennaDecibels: Double, seed: UInt64, ordinal: Int, seating: Int) {
        self.environment = environment
        self.antennaDecibels = antennaDecibels
        fading = SeededGenerator.derived(
            from: seed, label: "fading", index: UInt64(ordinal) << 20 | UInt64(seating))
    }

    /// Whether the radio draws power: only while it scans or has to do with a connection (R1).
    public var isPowered: Bool { isScanning || isConnecting }

    /// What a scan over `channels` finds, strongest first.
    func scan(_ channels: ChannelSet, sensitivity: Int) -> [ScanResult] {
        guard !isDead else { return [] }
        return environment.accessPoints.compactMap { point in
            guard let channel = Channel(rawValue: point.channel), channels.contains(channel) else {
                return nil
            }
            let heard = reception(of: point)
            guard heard >= sensitivity else { return nil }
            return ScanResult(
                ssid: point.ssid, bssid: point.bssid.bareHex, channel: point.channel, rssi: heard,
                open: point.password == nil)
        }.sorted { $0.rssi > $1.rssi }
    }

    /// One reading of an access point's signal, dBm.
    func reception(of point: AccessPoint) -> Int {
        Int((Double(point.rssi) + antennaDecibels + fading.normal(mean: 0, sigma: 0.9)).rounded())
    }

    /// The access points with which this configuration would get through the handshake, strongest first.
    func candidates(for wifi: ModuleConfig.WiFi, channels: ChannelSet, longSSIDFails: Bool) -> [AccessPoint] {
        guard !isDead, !(longSSIDFails && wifi.ssid.count >= 32) else { return [] }
        return environment.accessPoints.filter { point in
            guard let channel = Channel(rawValue: point.channel) else { return false }
            return Array(point.ssid.utf8) == wifi.ssid && channels.contains(channel)
                && (point.password ?? "").utf8.elementsEqual(wifi.password)
                && Double(point.rssi) + antennaDecibels >= Self.weakestJoin
        }.sorted { $0.rssi > $1.rssi }
    }

    /// By how much each frame of a join is late: what the access point adds, and repetitions at a weak signal.
    func frameDelay(of point: AccessPoint) -> Duration {
        let missing = Self.weakSignal - (Double(point.rssi) + antennaDecibels)
        return point.frameDelay + .wholeNanoseconds(ofSeconds: max(missing, 0) * Self.delayPerDecibel)
    }

    /// From here on down frames of the join have to be repeated, dBm, and what each further dB costs, seconds; choices.
    private static let weakSignal = -80.0
    private static let delayPerDecibel = 0.15
    /// Below this a handshake does not get through, dBm; a choice, a few dB above the scan's sensitivity.
    private static let weakestJoin = -91.0
}

extension Sequence<UInt8> {
    /// Lower-case hexadecimal digits without separators.
    var bareHex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
