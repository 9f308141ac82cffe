import ContentAddress
import Ledger

/// Takes the members of a record one by one and insists in the end that none is left: what this program doesn't
/// understand it must not pass over in silence.
struct RecordFields {
    let kind: String
    private var members: [JSONValue.Member]

    init(kind: String, json: JSONValue) throws(RecordFault) {
        guard case .object(let members) = json else {
            throw RecordFault(kind: kind, field: nil, problem: "should be an object")
        }
        self.kind = kind
        self.members = members
    }

    private mutating func take(_ field: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.key == field }) else { return nil }
        return members.remove(at: index).value
    }

    private func wrong(_ field: String, _ expected: String) -> RecordFault {
        RecordFault(kind: kind, field: field, problem: "should be \(expected)")
    }

    mutating func optionalText(_ field: String) throws(RecordFault) -> String? {
        guard let value = take(field) else { return nil }
        guard case .string(let text) = value else { throw wrong(field, "a text") }
        return text
    }

    mutating func text(_ field: String) throws(RecordFault) -> String {
        guard let text = try optionalText(field) else { throw wrong(field, "there, a text") }
        return text
    }

    mutating func optionalInteger(_ field: String) throws(RecordFault) -> Int64? {
        guard let value = take(field) else { return nil }
        guard case .integer(let integer) = value else { throw wrong(field, "a whole number") }
        return integer
    }

    mutating func integer(_ field: String) throws(RecordFault) -> Int64 {
        guard let integer = try optionalInteger(field) else { throw wrong(field, "there, a whole number") }
        return integer
    }

    mutating func optionalNumber(_ field: String) throws(RecordFault) -> Double? {
        switch take(field) {
        case nil: return nil
        case .integer(let value): return Double(value)
        case .number(let value): return value
        default: throw wrong(field, "a number")
        }
    }

    mutating func digest(_ field: String) throws(RecordFault) -> SHA256Digest {
        let text = try text(field)
        guard let digest = SHA256Digest(hex: text), digest.hex == text else {
            throw wrong(field, "64 lower-case hexadecimal digits")
        }
        return digest
    }

    mutating func optionalDigest(_ field: String) throws(RecordFault) -> SHA256Digest? {
        members.contains { $0.key == field } ? try digest(field) : nil
    }

    mutating func optionalPerson(_ field: String) throws(RecordFault) -> Person? {
        guard members.contains(where: { $0.key == field }) else { return nil }
        return .sealed(try digest(field))
    }

    mutating func person(_ field: String) throws(RecordFault) -> Person {
        .sealed(try digest(field))
    }

    mutating func run(_ field: String = "run") throws(RecordFault) -> RunID {
        RunID(rawValue: try integer(field))
    }

    mutating func optionalRun(_ field: String = "run") throws(RecordFault) -> RunID? {
        try optionalInteger(field).map(RunID.init(rawValue:))
    }

    mutating func word<Word: RawRepresentable>(_ field: String) throws(RecordFault) -> Word
    where Word.RawValue == String {
        let text = try text(field)
        guard let word = Word(rawValue: text) else {
            throw wrong(field, "a word that is known, found \"\(text)\"")
        }
        return word
    }

    /// A table of texts; absent means empty.
    mutating func texts(_ field: String) throws(RecordFault) -> [String: String] {
        guard let value = take(field) else { return [:] }
        guard case .object(let members) = value else { throw wrong(field, "an object of texts") }
        var texts: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else { throw wrong(field, "an object of texts") }
            texts[member.key] = text
        }
        return texts
    }

    /// A list; absent means empty.
    mutating func list(_ field: String) throws(RecordFault) -> [JSONValue] {
        guard let value = take(field) else { return [] }
        guard case .array(let elements) = value else { throw wrong(field, "a list") }
        return elements
    }

    mutating func optionalObject(_ field: String) throws(RecordFault) -> RecordFields? {
        guard let value = take(field) else { return nil }
        return try RecordFields(kind: "\(field) of \(kind)", json: value)
    }

    /// A number, text or bool; nil when absent.
    mutating func optionalValue(_ field: String) throws(RecordFault) -> MeasurementValue? {
        switch take(field) {
        case nil: return nil
        case .integer(let value): return .number(Double(value))
        case .number(let value): return .number(value)
        case .string(let value): return .text(value)
        case .bool(let value): return .bool(value)
        default: throw wrong(field, "a number, a text, true or false")
        }
    }

    func finish() throws(RecordFault) {
        if let stranger = members.first {
            throw RecordFault(
                kind: kind, field: stranger.key, problem: "is no member that this program knows")
        }
    }
}
