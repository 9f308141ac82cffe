import Imp003

/// What an imp003 keeps over power cuts: one record, written as a whole (`ConfigPages`).
public struct ModuleConfig: Sendable, Equatable {
    /// Which code the module holds and runs.
    public enum Code: UInt8, Sendable, Equatable, Codable {
        case none = 0
        case factory = 1
        case application = 2
        /// Fixture firmware: factory firmware that configures others.
        case fixture = 3

        /// Factory-only calls work in it.
        var isFactory: Bool { self == .factory || self == .fixture }
    }

    /// The network to join.
    public struct WiFi: Sendable, Equatable {
        /// 1 to 32 bytes.
        public var ssid: [UInt8]
        /// Up to 64 bytes; empty for an open network.
        public var password: [UInt8]

        public init(ssid: String, password: String) {
            self.ssid = Array(ssid.utf8)
            self.password = Array(password.utf8)
        }

        init(ssid: [UInt8], password: [UInt8]) {
            self.ssid = ssid
            self.password = password
        }
    }

    /// Who may claim the device at the server.
    public struct Enrolment: Sendable, Equatable {
        /// Empty in factory enrolment.
        public var planID: String
        /// Short-lived; never recorded outside the module.
        public var token: String

        public init(planID: String, token: String) {
            self.planID = planID
            self.token = token
        }
    }

    /// The network to join; nil = unconfigured.
    public var wifi: WiFi?
    /// Who claims the device; nil after `imp.clearconfiguration()`.
    public var enrolment: Enrolment?
    /// As given to `imp.setcountry`; nil before.
    public var region: RegionCode?
    /// As given to `imp.setnvramimage`; nil for the module maker's own.
    public var nvram: [UInt8]?
    /// Which program is stored.
    public var code = Code.none
    /// Which deployment of that program it is; 0 for the one that the cloud began with.
    public var deployment: UInt32 = 0
    /// The operating system that an upgrade brought; nil for the one that the module came with.
    public var systemVersion: String?
    /// The WiFi firmware was moved from the module to the SPI flash; the module's own copy is gone.
    public var wifiFirmwareMoved = false

    public init() {}

    private enum Tag: UInt8 {
        case ssid = 1, password, planID, token, region, nvram, code, firmwareMoved, deployment, systemVersion
    }

    /// Tag, 16-bit length, bytes; again and again.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        func put(_ tag: Tag, _ content: [UInt8]) {
            bytes += [tag.rawValue, UInt8(content.count & 0xFF), UInt8(content.count >> 8)] + content
        }
        if let wifi {
            put(.ssid, wifi.ssid)
            put(.password, wifi.password)
        }
        if let enrolment {
            put(.planID, Array(enrolment.planID.utf8))
            put(.token, Array(enrolment.token.utf8))
        }
        if let region { put(.region, region.rawValue.littleEndianBytes) }
        if let nvram { put(.nvram, nvram) }
        put(.code, [code.rawValue])
        if wifiFirmwareMoved { put(.firmwareMoved, []) }
        if deployment > 0 { put(.deployment, deployment.littleEndianBytes) }
        if let systemVersion { put(.systemVersion, Array(systemVersion.utf8)) }
        return bytes
    }

    /// - Returns: nil when a length runs past the end.
    init?(decoding bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var texts: [Tag: [UInt8]] = [:]
        while rest.count >= 3 {
            let start = rest.startIndex
            let length = Int(rest[start + 1]) | Int(rest[start + 2]) << 8
            guard rest.count >= 3 + length else { return nil }
            if let tag = Tag(rawValue: rest[start]) {
                texts[tag] = Array(rest[(start + 3)..<(start + 3 + length)])
            }
            rest = rest[(start + 3 + length)...]
        }
        if let ssid = texts[.ssid] { wifi = WiFi(ssid: ssid, password: texts[.password] ?? []) }
        if let plan = texts[.planID] {
            enrolment = Enrolment(
                planID: String(decoding: plan, as: UTF8.self),
                token: String(decoding: texts[.token] ?? [], as: UTF8.self))
        }
        if let code = texts[.region] { region = RegionCode(rawValue: UInt32(littleEndian: code)) }
        nvram = texts[.nvram]
        code = texts[.code]?.first.flatMap(Code.init(rawValue:)) ?? .none
        wifiFirmwareMoved = texts[.firmwareMoved] != nil
        deployment = texts[.deployment].map { UInt32(littleEndian: $0) } ?? 0
        systemVersion = texts[.systemVersion].map { String(decoding: $0, as: UTF8.self) }
    }
}
