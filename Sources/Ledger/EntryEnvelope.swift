/// A ledger entry: an RFC 8785 object that says where it stands, when and where it was made, and what kind of record
/// it carries. Its bytes are what is hashed and what is stored.
///
/// `{"at":…,"kind":"…","record":{…},"seq":…,"station":"…","v":1}`
public struct EntryEnvelope: Equatable, Sendable {
    /// The version of the layout that this program writes.
    public static let version: Int64 = 1
    /// Bytes in the longest entry that is written or read.
    public static let longest = 1 << 20

    /// Position in the log, from 0: the leaf's index in the tree.
    public var sequence: Int64
    /// UTC, milliseconds since 1970 (POSIX).
    public var at: Int64
    /// The station's name.
    public var station: String
    /// What `record` is, for example `step.finished`.
    public var kind: String
    /// The record; this layer doesn't look inside.
    public var record: JSONValue

    public init(sequence: Int64, at: Int64, station: String, kind: String, record: JSONValue) {
        self.sequence = sequence
        self.at = at
        self.station = station
        self.kind = kind
        self.record = record
    }

    /// The bytes of an entry whose record is canonical JSON already.
    public static func encode(
        sequence: Int64, at: Int64, station: String, kind: StaticString, record: [UInt8]
    ) -> [UInt8] {
        var writer = CanonicalJSONWriter(reservingCapacity: record.count + station.utf8.count + 128)
        writer.beginObject()
        writer.key("at")
        writer.integer(at)
        writer.key("kind")
        writer.quoted(kind)
        writer.key("record")
        writer.raw(record)
        writer.key("seq")
        writer.integer(sequence)
        writer.key("station")
        writer.string(station)
        writer.key("v")
        writer.integer(version)
        writer.endObject()
        return writer.bytes
    }

    /// Reads an entry; members that this version doesn't know are refused, so that nothing is dropped unseen.
    /// - Throws: ``EntryFault``
    public init(parsing bytes: UnsafeRawBufferPointer) throws(EntryFault) {
        let json: JSONValue
        do throws(JSONFault) { json = try JSONValue(parsing: bytes) } catch { throw .notJSON(error) }
        guard case .object(let members) = json,
            members.map(\.key) == ["at", "kind", "record", "seq", "station", "v"]
        else {
            throw .notAnEntry("an entry has the members at, kind, record, seq, station, v, in this order")
        }
        guard case .integer(let at) = members[0].value, case .string(let kind) = members[1].value,
            case .object = members[2].value, case .integer(let sequence) = members[3].value,
            case .string(let station) = members[4].value, case .integer(let version) = members[5].value
        else { throw .notAnEntry("a member of the entry has the wrong type") }
        guard version == Self.version else { throw .unknownVersion(version) }
        self.init(sequence: sequence, at: at, station: station, kind: kind, record: members[2].value)
    }

    /// Reads an entry.
    /// - Throws: ``EntryFault``
    public init(parsing bytes: [UInt8]) throws(EntryFault) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(EntryFault) in try EntryEnvelope(parsing: buffer) }
        }
        self = try result.get()
    }
}

/// Why bytes are not an entry.
public enum EntryFault: Error, Equatable, Sendable, CustomStringConvertible {
    case notJSON(JSONFault)
    case notAnEntry(String)
    case unknownVersion(Int64)

    public var description: String {
        switch self {
        case .notJSON(let fault): fault.description
        case .notAnEntry(let sentence): sentence
        case .unknownVersion(let version):
            "the entry has layout version \(version), this program reads \(EntryEnvelope.version): use a newer program"
        }
    }
}
