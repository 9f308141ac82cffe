import ContentAddress
import Ledger

/// What became of a revision of SKUs, plans, firmware and images; the words of ``ConfigurationChanged``.
public enum ConfigurationChange: String, Sendable, CaseIterable {
    /// Whose signatures count from now on; `revision` is the hash of the list.
    case trusted
    /// A signed revision lies ready.
    case staged
    /// It is the one that runs use from now on.
    case activated
    /// An earlier one is, again.
    case rolledBack
    /// Runs begin with it.
    case used
}

/// Configuration, and who answers for it.
public struct ConfigurationChanged: RecordBody {
    static let kind: StaticString = "configuration.changed"
    public var change: ConfigurationChange
    /// SHA-256 of the revision's manifest, or of the list of trusted keys.
    public var revision: SHA256Digest
    /// Who did it here.
    public var by: Person?
    public var place: String
    /// The name of the key that signed the revision.
    public var signedBy: Person?
    /// SHA-256 of the verifier key's text that signed it: tells keys apart, names nobody.
    public var signer: SHA256Digest?
    public var reason: String?

    public init(
        change: ConfigurationChange, revision: SHA256Digest, by: Person?, place: String,
        signedBy: Person? = nil, signer: SHA256Digest? = nil, reason: String? = nil
    ) {
        self.change = change
        self.revision = revision
        self.by = by
        self.place = place
        self.signedBy = signedBy
        self.signer = signer
        self.reason = reason
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.optionalPerson("by")
        change = try fields.word("change")
        place = try fields.text("place")
        reason = try fields.optionalText("reason")
        revision = try fields.digest("revision")
        signedBy = try fields.optionalPerson("signed_by")
        signer = try fields.optionalDigest("signer")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("change", change.rawValue)
        writer.member("place", place)
        writer.member("reason", reason)
        writer.member("revision", revision)
        writer.member("signed_by", signedBy)
        if let signer { writer.member("signer", signer) }
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.person(signedBy, "signed_by")
        rules.name(place, "place")
        rules.text(reason, "reason")
    }

    var record: Record { .configurationChanged(self) }
}

/// From now on this work order is built from this revision and no other.
public struct OrderLocked: RecordBody {
    static let kind: StaticString = "order.locked"
    public var order: String
    public var revision: SHA256Digest
    public var by: Person?

    public init(order: String, revision: SHA256Digest, by: Person? = nil) {
        self.order = order
        self.revision = revision
        self.by = by
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.optionalPerson("by")
        order = try fields.text("order")
        revision = try fields.digest("revision")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("order", order)
        writer.member("revision", revision)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.name(order, "order")
    }

    var record: Record { .orderLocked(self) }
}

/// A person lets a work order be built from another revision.
public struct OrderUnlocked: RecordBody {
    static let kind: StaticString = "order.unlocked"
    public var order: String
    public var by: Person
    public var reason: String

    public init(order: String, by: Person, reason: String) {
        self.order = order
        self.by = by
        self.reason = reason
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.person("by")
        order = try fields.text("order")
        reason = try fields.text("reason")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("order", order)
        writer.member("reason", reason)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.name(order, "order")
        rules.name(reason, "reason", longest: 1024)
    }

    var record: Record { .orderUnlocked(self) }
}
