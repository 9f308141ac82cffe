import ContentAddress
import Ledger

/// The ledger begins: who keeps it and with which key its checkpoints are signed.
public struct StationCreated: RecordBody {
    static let kind: StaticString = "station.created"
    /// The program's version.
    public var program: String
    /// C2SP verifier key.
    public var verifierKey: String

    public init(program: String, verifierKey: String) {
        self.program = program
        self.verifierKey = verifierKey
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        program = try fields.text("program")
        verifierKey = try fields.text("vkey")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("program", program)
        writer.member("vkey", verifierKey)
    }

    func check(_ rules: inout RecordRules) {
        rules.name(program, "program")
        rules.name(verifierKey, "vkey")
    }

    var record: Record { .stationCreated(self) }
}

/// The program took up work.
public struct StationStarted: RecordBody {
    static let kind: StaticString = "station.started"
    /// The program's version.
    public var program: String
    /// Anything that tells this session apart: fixtures, configuration digest. No secrets.
    public var detail: [String: String]

    public init(program: String, detail: [String: String] = [:]) {
        self.program = program
        self.detail = detail
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        detail = try fields.texts("detail")
        program = try fields.text("program")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("detail", detail)
        writer.member("program", program)
    }

    func check(_ rules: inout RecordRules) {
        rules.texts(detail, "detail")
        rules.name(program, "program")
    }

    var record: Record { .stationStarted(self) }
}

/// The program put down its work in order. A start without a stop before it tells of a crash.
public struct StationStopped: RecordBody {
    static let kind: StaticString = "station.stopped"
    public var reason: String

    public init(reason: String) { self.reason = reason }

    init(from fields: inout RecordFields) throws(RecordFault) { reason = try fields.text("reason") }

    func write(to writer: inout CanonicalJSONWriter) { writer.member("reason", reason) }

    func check(_ rules: inout RecordRules) { rules.text(reason, "reason") }

    var record: Record { .stationStopped(self) }
}

/// Content that later records name by its hash: a SKU file, a plan, an image, a log.
public struct ContentStored: RecordBody {
    static let kind: StaticString = "content.stored"
    public var digest: SHA256Digest
    /// Bytes.
    public var size: Int64
    /// What people call it: a file name, mostly.
    public var name: String
    /// For example `application/yaml`.
    public var mediaType: String

    public init(digest: SHA256Digest, size: Int64, name: String, mediaType: String) {
        self.digest = digest
        self.size = size
        self.name = name
        self.mediaType = mediaType
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        digest = try fields.digest("digest")
        mediaType = try fields.text("media_type")
        name = try fields.text("name")
        size = try fields.integer("size")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("digest", digest)
        writer.member("media_type", mediaType)
        writer.member("name", name)
        writer.member("size", size)
    }

    func check(_ rules: inout RecordRules) {
        rules.name(mediaType, "media_type")
        rules.name(name, "name", longest: 1024)
        rules.integer(size, "size")
    }

    var record: Record { .contentStored(self) }
}

/// The calendar went backwards by more than it is allowed to jitter.
public struct ClockSetBack: RecordBody {
    static let kind: StaticString = "clock.set_back"
    /// The latest time in the ledger, UTC ms.
    public var from: Int64
    /// What the clock said then, UTC ms.
    public var to: Int64

    public init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        from = try fields.integer("from")
        to = try fields.integer("to")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("from", from)
        writer.member("to", to)
    }

    func check(_ rules: inout RecordRules) {
        rules.integer(from, "from", in: -RecordRules.largestInteger...RecordRules.largestInteger)
        rules.integer(to, "to", in: -RecordRules.largestInteger...RecordRules.largestInteger)
        rules.require(to < from, "to", "should be earlier than \(from), found \(to)")
    }

    var record: Record { .clockSetBack(self) }
}

/// A remark, about a run or a unit or neither.
public struct Note: RecordBody {
    static let kind: StaticString = "note"
    public var text: String
    public var by: Person?
    public var run: RunID?
    /// Device ID.
    public var device: String?

    public init(text: String, by: Person? = nil, run: RunID? = nil, device: String? = nil) {
        self.text = text
        self.by = by
        self.run = run
        self.device = device
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.optionalPerson("by")
        device = try fields.optionalText("device")
        run = try fields.optionalRun()
        text = try fields.text("text")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("device", device)
        writer.member("run", run)
        writer.member("text", text)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.deviceID(device)
        rules.text(text, "text")
    }

    var record: Record { .note(self) }
}
