/// One thing that can be asked for: its name, what it is in SQL, and what values it takes.
public struct Field: Sendable {
    /// How values are written, compared and shown.
    public enum Kind: Sendable, Equatable {
        /// Compared byte for byte; `~` looks for a part, whatever the case.
        case text
        /// One of these words.
        case word([String])
        case integer
        case number
        /// UTC, milliseconds since 1970; written 2026-11-22, 2026-11-22T10:30 or 2026-11-22T10:30:15Z.
        case time
        /// Lower-case hexadecimal digits; fewer than all are taken as the beginning.
        case digest
        /// A MAC address in any form.
        case mac
        /// Words separated by spaces, of which one is compared.
        case words
        /// yes or no.
        case flag
        /// A measured value: number, text, or yes and no.
        case value
    }

    public let name: String
    public let kind: Kind
    /// In which answers it can be used.
    public let subjects: Set<Subject>
    /// One line for people.
    public let about: String
    /// A scalar expression; or, where `isExistence`, a condition in which `COMPARISON` stands for the comparison
    /// of a column that is named right before it.
    let sql: String
    let isExistence: Bool

    init(
        _ name: String, _ kind: Kind, _ subjects: Set<Subject>, _ sql: String, _ about: String,
        existence: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.subjects = subjects
        self.sql = sql
        self.about = about
        isExistence = existence
    }
}

/// Every field there is: data, from which the parser, the SQL, the help and docs/audit.md are made.
public enum FieldTable {
    private static let ofRuns: Set<Subject> = [.units, .runs, .steps, .measurements, .entries]
    private static let ofTests: Set<Subject> = [.runs, .steps, .measurements]
    private static let outcomes = ["passed", "failed", "refused", "aborted", "quarantined", "error"]

    public static let all: [Field] = [
        Field("device", .text, ofRuns, "d.device_id", "device ID, 16 hexadecimal digits"),
        Field("mac", .mac, ofRuns, "d.mac", "MAC address"),
        Field("serial", .text, ofRuns, "d.serial", "serial number, as confirmed"),
        Field("sku", .text, [.units], "d.sku", "SKU with its market, as blessed"),
        Field(
            "sku", .text, [.runs, .steps, .measurements, .entries], "u.sku", "SKU with its market, as built"),
        Field("sku-revision", .digest, ofRuns, "u.sku_digest", "SHA-256 of the SKU's whole content"),
        Field("plan-revision", .digest, ofRuns, "u.plan_digest", "SHA-256 of the blessing plan"),
        Field(
            "market", .words, [.units], "d.market", "country code; fits when it is one of the unit's markets"),
        Field(
            "market", .words, [.runs, .steps, .measurements, .entries], "u.market",
            "country code; fits when it is one of the run's markets"),
        Field("region", .text, ofRuns, "d.region", "region code as read back, 8 digits"),
        Field("channels", .text, ofRuns, "d.channels", "channel set that goes with the region"),
        Field("nvram", .digest, ofRuns, "w.digest", "SHA-256 of the WiFi NVRAM installed"),
        Field(
            "image", .digest, [.runs, .steps, .measurements],
            "r.setup IN (SELECT g.id FROM run_setup g JOIN image i ON i.image_set = g.images WHERE i.digest COMPARISON)",
            "SHA-256 of a flash image that the run's plan writes", existence: true),
        Field(
            "image", .digest, [.units],
            "d.images IN (SELECT i.image_set FROM image i WHERE i.digest COMPARISON)",
            "SHA-256 of a flash image verified in the unit", existence: true),
        Field("impos", .text, ofRuns, "m.imp_os", "impOS version that the module reported"),
        Field("flash", .text, ofRuns, "m.flash_jedec", "JEDEC ID of the SPI flash"),
        Field("flash-bytes", .integer, ofRuns, "m.flash_bytes", "size of the SPI flash"),
        Field("station", .text, ofRuns, "(SELECT name FROM station)", "the station's name"),
        Field("slot", .integer, ofRuns, "r.slot", "slot, counted from 1"),
        Field("fixture", .text, ofRuns, "u.fixture", "the fixture's label"),
        Field(
            "firmware", .digest, ofRuns, "u.firmware",
            "SHA-256 of the factory firmware that the unit was given, with its libraries; missing where the slot does not know it"
        ),
        Field("program", .text, ofRuns, "u.program", "the station program and its version"),
        Field("order", .text, ofRuns, "r.work_order", "work order"),
        Field(
            "operator", .text, ofRuns, "(SELECT p.name FROM person p WHERE p.seal = u.operator)",
            "who ran it; missing when the name was forgotten"),
        Field(
            "outcome", .word(outcomes), ofTests, "r.outcome", "how the run ended; missing while it goes on"),
        Field("code", .text, ofTests, "r.code", "reason code, see docs/operator-codes.md"),
        Field("reason", .text, ofTests, "r.reason", "what was found"),
        Field("failed-step", .text, ofTests, "r.failed_step", "step or stage in which the run ended"),
        Field(
            "blessing", .word(["testFailed", "blessed", "refused", "noAnswer"]), ofRuns, "r.blessing",
            "the cloud's answer"),
        Field("run", .integer, ofRuns, "r.id", "run: number of its first entry"),
        Field("started", .time, ofRuns, "r.started_at", "when the run began"),
        Field("finished", .time, ofRuns, "r.finished_at", "when the run ended"),
        Field("blessed", .time, ofRuns, "d.blessed_at", "when the unit was blessed"),
        Field("quarantined", .flag, ofRuns, "d.quarantine IS NOT NULL", "the unit is in quarantine now"),
        Field(
            "attempts", .integer, [.units],
            "(SELECT count(*) FROM run a WHERE a.device = d.id AND a.outcome IN ('passed', 'failed', 'quarantined', 'error'))",
            "runs that say something about the unit"),
        Field("scanned", .text, ofTests, "r.scanned_code", "code that was scanned off the unit"),
        Field(
            "hour", .text, ofRuns, "strftime('%Y-%m-%dT%H', r.started_at / 1000, 'unixepoch')", "for groups"),
        Field("day", .text, ofRuns, "date(r.started_at / 1000, 'unixepoch')", "for groups"),
        Field("week", .text, ofRuns, "strftime('%Y-W%W', r.started_at / 1000, 'unixepoch')", "for groups"),
        Field("month", .text, ofRuns, "strftime('%Y-%m', r.started_at / 1000, 'unixepoch')", "for groups"),
        Field("step", .text, [.steps, .measurements], "n.name", "step of the plan, or stage.NAME"),
        Field("try", .integer, [.steps, .measurements], "s.attempt", "which try of the step within the run"),
        Field(
            "step-outcome", .word(["passed", "failed", "skipped", "error"]), [.steps, .measurements],
            "CASE s.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'skipped' ELSE 'error' END",
            "how the step ended"),
        Field("duration", .integer, [.steps, .measurements], "s.ended_ms - s.started_ms", "of the step, ms"),
        Field("message", .text, [.steps, .measurements], "s.message", "what the step said"),
        Field("measurement", .text, [.measurements], "q.name", "name of what was measured"),
        Field("value", .value, [.measurements], "v.value", "the value"),
        Field("unit", .text, [.measurements], "q.unit", "unit of the value"),
        Field("low", .number, [.measurements], "q.low", "lower limit"),
        Field("high", .number, [.measurements], "q.high", "upper limit"),
        Field(
            "verdict", .word(["passed", "failed", "recorded"]), [.measurements],
            "CASE v.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' ELSE 'recorded' END",
            "the value against its limit"),
        Field("entry", .integer, [.entries], "x.seq", "position in the ledger"),
        Field("kind", .text, [.entries], "k.word", "kind of the entry"),
        Field("at", .time, [.entries], "x.at", "when it was written"),
    ]

    /// The field of that name for a subject; nil when there is none.
    static func field(_ name: String, of subject: Subject) -> Field? {
        all.first { $0.name == name && $0.subjects.contains(subject) }
    }

    static func fields(of subject: Subject) -> [Field] {
        all.filter { $0.subjects.contains(subject) }
    }
}
