import ContentAddress
import Ledger

/// The unit in the slot said who it is.
public struct UnitIdentified: RecordBody {
    static let kind: StaticString = "unit.identified"
    public var run: RunID
    /// Device ID, 16 lower-case hexadecimal digits.
    public var device: String
    /// MAC address, 12 lower-case hexadecimal digits.
    public var mac: String
    /// Operating system release as reported.
    public var impOS: String
    /// JEDEC ID of the flash chip, 6 lower-case hexadecimal digits.
    public var flashJEDEC: String
    /// Bytes in the flash chip.
    public var flashBytes: Int64
    public var warnings: [String]

    public init(
        run: RunID, device: String, mac: String, impOS: String, flashJEDEC: String, flashBytes: Int64,
        warnings: [String] = []
    ) {
        self.run = run
        self.device = device
        self.mac = mac
        self.impOS = impOS
        self.flashJEDEC = flashJEDEC
        self.flashBytes = flashBytes
        self.warnings = warnings
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        device = try fields.text("device")
        flashBytes = try fields.integer("flash_bytes")
        flashJEDEC = try fields.text("flash_jedec")
        impOS = try fields.text("imp_os")
        mac = try fields.text("mac")
        run = try fields.run()
        warnings = []
        for element in try fields.list("warnings") {
            guard case .string(let warning) = element else {
                throw RecordFault(kind: fields.kind, field: "warnings", problem: "should be a list of texts")
            }
            warnings.append(warning)
        }
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("device", device)
        writer.member("flash_bytes", flashBytes)
        writer.member("flash_jedec", flashJEDEC)
        writer.member("imp_os", impOS)
        writer.member("mac", mac)
        writer.member("run", run)
        if !warnings.isEmpty {
            writer.key("warnings")
            writer.list(warnings)
        }
    }

    func check(_ rules: inout RecordRules) {
        rules.deviceID(device)
        rules.integer(flashBytes, "flash_bytes")
        rules.hex(flashJEDEC, "flash_jedec", digits: 6)
        rules.name(impOS, "imp_os")
        rules.hex(mac, "mac", digits: 12)
        rules.require(warnings.count <= 64, "warnings", "should be at most 64, found \(warnings.count)")
        for warning in warnings { rules.text(warning, "warnings") }
    }

    var record: Record { .unitIdentified(self) }
}

/// The unit is set aside: nothing irreversible is done to it until a person releases it.
public struct UnitQuarantined: RecordBody {
    static let kind: StaticString = "unit.quarantined"
    /// Device ID.
    public var device: String
    public var by: Person
    public var reason: String
    public var run: RunID?

    public init(device: String, by: Person, reason: String, run: RunID? = nil) {
        self.device = device
        self.by = by
        self.reason = reason
        self.run = run
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.person("by")
        device = try fields.text("device")
        reason = try fields.text("reason")
        run = try fields.optionalRun()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("device", device)
        writer.member("reason", reason)
        writer.member("run", run)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.deviceID(device)
        rules.text(reason, "reason")
    }

    var record: Record { .unitQuarantined(self) }
}

/// A person took the unit out of quarantine.
public struct UnitReleased: RecordBody {
    static let kind: StaticString = "unit.released"
    /// Device ID.
    public var device: String
    public var by: Person
    public var reason: String

    public init(device: String, by: Person, reason: String) {
        self.device = device
        self.by = by
        self.reason = reason
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.person("by")
        device = try fields.text("device")
        reason = try fields.text("reason")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("device", device)
        writer.member("reason", reason)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.deviceID(device)
        rules.text(reason, "reason")
    }

    var record: Record { .unitReleased(self) }
}

/// What came of asking for the blessing.
public enum BlessingOutcome: String, Sendable, Codable, CaseIterable {
    /// The tests failed, and the server was told so.
    case testFailed
    /// The server bound the unit to its production group.
    case blessed
    /// The server said no.
    case refused
    /// Nobody knows: the device has to be asked.
    case noAnswer

    /// Whether a later answer in the same run may replace this one.
    public var isFinal: Bool { self != .noAnswer }
}

/// The answer to a blessing.
public struct BlessingAnswered: RecordBody {
    static let kind: StaticString = "blessing.answered"
    public var run: RunID
    public var outcome: BlessingOutcome
    public var detail: [String: String]

    public init(run: RunID, outcome: BlessingOutcome, detail: [String: String] = [:]) {
        self.run = run
        self.outcome = outcome
        self.detail = detail
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        detail = try fields.texts("detail")
        outcome = try fields.word("outcome")
        run = try fields.run()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("detail", detail)
        writer.member("outcome", outcome.rawValue)
        writer.member("run", run)
    }

    func check(_ rules: inout RecordRules) { rules.texts(detail, "detail") }

    var record: Record { .blessingAnswered(self) }
}
