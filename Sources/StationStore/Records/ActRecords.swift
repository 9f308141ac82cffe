import ContentAddress
import Ledger

/// Something that changes hardware. Own words are allowed beside these.
public struct ActKind: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let powerOn = ActKind(rawValue: "powerOn")
    public static let powerOff = ActKind(rawValue: "powerOff")
    public static let blinkUp = ActKind(rawValue: "blinkUp")
    public static let loadFirmware = ActKind(rawValue: "loadFirmware")
    public static let flashErase = ActKind(rawValue: "flashErase")
    public static let flashWrite = ActKind(rawValue: "flashWrite")
    public static let nvramInstall = ActKind(rawValue: "nvramInstall")
    public static let regionSet = ActKind(rawValue: "regionSet")
    public static let bless = ActKind(rawValue: "bless")
    public static let clearConfiguration = ActKind(rawValue: "clearConfiguration")

    /// Cannot be undone: refused for a unit that is blessed already or in quarantine, or that has not said who it is.
    public var isOneWay: Bool { self == .nvramInstall || self == .regionSet || self == .bless }

    /// Changes what a blessed unit was blessed with; refused like the one-way acts.
    public var changesUnit: Bool { isOneWay || self == .flashErase || self == .flashWrite }

    public var description: String { rawValue }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// Written down before it is done.
public struct ActIntended: RecordBody {
    static let kind: StaticString = "act.intended"
    public var run: RunID
    /// Number of the act in its run, from 1, each used once.
    public var act: Int
    public var kind: ActKind
    /// What will be done, in words and hashes; no secrets.
    public var detail: [String: String]

    public init(run: RunID, act: Int, kind: ActKind, detail: [String: String] = [:]) {
        self.run = run
        self.act = act
        self.kind = kind
        self.detail = detail
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        act = Int(try fields.integer("act"))
        detail = try fields.texts("detail")
        kind = ActKind(rawValue: try fields.text("kind"))
        run = try fields.run()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("act", Int64(act))
        writer.member("detail", detail)
        writer.member("kind", kind.rawValue)
        writer.member("run", run)
    }

    func check(_ rules: inout RecordRules) {
        rules.integer(Int64(act), "act", in: 1...1_000_000)
        rules.texts(detail, "detail")
        rules.name(kind.rawValue, "kind", longest: 64)
    }

    var record: Record { .actIntended(self) }
}

/// What became of an act.
public enum ActOutcome: String, Sendable, Codable, CaseIterable {
    case ok, failed
    /// Nobody knows: the device has to be asked, and one of the others may follow.
    case unknown
}

/// What was read back from the unit after an act that went well.
public enum ActEffect: Sendable, Equatable {
    /// - Parameters:
    ///   - code: region code as the module reads it back, `%08X`.
    ///   - channels: its channel set as printed, `1-11`.
    case region(code: String, channels: String)
    /// - Parameters:
    ///   - digest: of the image that was installed.
    ///   - token: the text that the module returned.
    case nvram(digest: SHA256Digest, token: String?)
    /// A verified image in the flash.
    case image(RunImage)

    /// The kind of act that has this effect.
    var kind: ActKind {
        switch self {
        case .region: .regionSet
        case .nvram: .nvramInstall
        case .image: .flashWrite
        }
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        if var region = try fields.optionalObject("region") {
            self = .region(code: try region.text("code"), channels: try region.text("channels"))
            try region.finish()
        } else if var nvram = try fields.optionalObject("nvram") {
            self = .nvram(digest: try nvram.digest("digest"), token: try nvram.optionalText("token"))
            try nvram.finish()
        } else if var image = try fields.optionalObject("image") {
            self = .image(try RunImage(from: &image))
        } else {
            throw RecordFault(kind: fields.kind, field: nil, problem: "should hold region, nvram or image")
        }
        try fields.finish()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.beginObject()
        switch self {
        case .region(let code, let channels):
            writer.key("region")
            writer.beginObject()
            writer.member("channels", channels)
            writer.member("code", code)
            writer.endObject()
        case .nvram(let digest, let token):
            writer.key("nvram")
            writer.beginObject()
            writer.member("digest", digest)
            writer.member("token", token)
            writer.endObject()
        case .image(let image):
            writer.key("image")
            image.write(to: &writer)
        }
        writer.endObject()
    }

    func check(_ rules: inout RecordRules) {
        switch self {
        case .region(let code, let channels):
            rules.hex(code, "effect.region.code", digits: 8, upperCase: true)
            rules.name(channels, "effect.region.channels")
        case .nvram(_, let token):
            rules.text(token, "effect.nvram.token")
        case .image(let image):
            image.check(&rules)
        }
    }
}

/// Written down after it was done.
public struct ActFinished: RecordBody {
    static let kind: StaticString = "act.finished"
    public var run: RunID
    public var act: Int
    public var outcome: ActOutcome
    /// Only with ``ActOutcome/ok``.
    public var effect: ActEffect?
    /// Read-back values, error texts; no secrets.
    public var detail: [String: String]

    public init(
        run: RunID, act: Int, outcome: ActOutcome, effect: ActEffect? = nil, detail: [String: String] = [:]
    ) {
        self.run = run
        self.act = act
        self.outcome = outcome
        self.effect = effect
        self.detail = detail
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        act = Int(try fields.integer("act"))
        detail = try fields.texts("detail")
        if var effect = try fields.optionalObject("effect") { self.effect = try ActEffect(from: &effect) }
        outcome = try fields.word("outcome")
        run = try fields.run()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("act", Int64(act))
        writer.member("detail", detail)
        if let effect {
            writer.key("effect")
            effect.write(to: &writer)
        }
        writer.member("outcome", outcome.rawValue)
        writer.member("run", run)
    }

    func check(_ rules: inout RecordRules) {
        rules.integer(Int64(act), "act", in: 1...1_000_000)
        rules.texts(detail, "detail")
        effect?.check(&rules)
        rules.require(
            effect == nil || outcome == .ok, "effect", "should be there only when the outcome is ok")
    }

    var record: Record { .actFinished(self) }
}
