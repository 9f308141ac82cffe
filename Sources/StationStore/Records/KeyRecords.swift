import ContentAddress
import Ledger

/// Why checkpoints after this entry are signed by another key; the words of ``KeyChanged``.
public enum KeyChange: String, Sendable, CaseIterable {
    /// The old key signed for the new one.
    case rotated
    /// The old key is lost: nobody but the one who is named answers for the new one.
    case replaced
    /// The record was restored from a backup; what was signed after `size` entries is another history, and the log goes
    /// on under another origin.
    case continued
}

/// The key of the log's checkpoints changes. Up to and with this entry the old key signs after a rotation; from this
/// entry on the new one does after a loss or a restoration.
public struct KeyChanged: RecordBody {
    static let kind: StaticString = "key.changed"
    public var change: KeyChange
    /// C2SP verifier key of the new key; its name is the log's origin from now on.
    public var verifierKey: String
    /// The signed statement (``KeyStatement``).
    public var note: String
    public var by: Person?
    public var reason: String?
    /// After a restoration: the last checkpoint that others hold of the abandoned history, as a signed note; after a
    /// loss the last that the lost key signed.
    public var last: String?

    public init(
        change: KeyChange, verifierKey: String, note: String, by: Person? = nil, reason: String? = nil,
        last: String? = nil
    ) {
        self.change = change
        self.verifierKey = verifierKey
        self.note = note
        self.by = by
        self.reason = reason
        self.last = last
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.optionalPerson("by")
        change = try fields.word("change")
        last = try fields.optionalText("last")
        note = try fields.text("note")
        reason = try fields.optionalText("reason")
        verifierKey = try fields.text("vkey")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("change", change.rawValue)
        writer.member("last", last)
        writer.member("note", note)
        writer.member("reason", reason)
        writer.member("vkey", verifierKey)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.name(verifierKey, "vkey", longest: 512)
        rules.text(note, "note")
        rules.text(last, "last")
        rules.text(reason, "reason")
        rules.require(
            change == .rotated || (by != nil && reason?.isEmpty == false), "by",
            "and reason should be there when a key is \(change.rawValue)")
        rules.require(change != .continued || last != nil, "last", "should be there after a restoration")
    }

    var record: Record { .keyChanged(self) }
}

/// Another clock contradicts the station's calendar.
public struct ClockDoubted: RecordBody {
    static let kind: StaticString = "clock.doubted"
    /// `monotonic`, or the name of a witness.
    public var source: String
    /// What the other clock says, UTC ms.
    public var expected: Int64
    /// What the calendar said, UTC ms.
    public var found: Int64

    public init(source: String, expected: Int64, found: Int64) {
        self.source = source
        self.expected = expected
        self.found = found
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        expected = try fields.integer("expected")
        found = try fields.integer("found")
        source = try fields.text("source")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("expected", expected)
        writer.member("found", found)
        writer.member("source", source)
    }

    func check(_ rules: inout RecordRules) {
        let range = -RecordRules.largestInteger...RecordRules.largestInteger
        rules.integer(expected, "expected", in: range)
        rules.integer(found, "found", in: range)
        rules.name(source, "source")
        rules.require(expected != found, "found", "should differ from expected")
    }

    var record: Record { .clockDoubted(self) }
}
