import Foundation
import HTTPTypes
import People

/// A request that was found well-formed and allowed: what a route's code gets to see.
struct Exchange: Sendable {
    let route: Route
    let path: [String]
    let parameters: [String: String]
    let query: [String: String]
    let headers: HTTPFields
    let body: [UInt8]
    let caller: Visitor?
    /// The client's address, without port.
    let remote: String

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// A number in the path.
    func number(_ name: String) throws(Problem) -> Int64 {
        guard let value = Int64(parameter(name)), value >= 0 else {
            throw Problem(.notFound, "“\(parameter(name).shown)” is no number of a \(name).")
        }
        return value
    }

    /// A number in the query.
    func number(inQuery name: String, _ range: ClosedRange<Int64>) throws(Problem) -> Int64? {
        guard let text = query[name] else { return nil }
        guard let value = Int64(text), range.contains(value) else {
            throw Problem(
                .query,
                "\(name) must be a number from \(range.lowerBound) to \(range.upperBound), found “\(text.shown)”.",
                field: name)
        }
        return value
    }

    /// One of a list of words in the query.
    func word<Word: RawRepresentable & CaseIterable>(inQuery name: String, _: Word.Type) throws(Problem)
        -> Word?
    where Word.RawValue == String {
        guard let text = query[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            throw Problem(
                .query,
                "\(name) must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")), found “\(text.shown)”.",
                field: name)
        }
        return word
    }

    /// The members of a JSON object in the body; an empty body is an empty object.
    func fields() throws(Problem) -> BodyFields {
        try BodyFields(body)
    }
}

/// The members of a JSON object, taken out one by one; what is left over was not understood.
struct BodyFields {
    private var members: [String: Any]

    init(_ bytes: [UInt8]) throws(Problem) {
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) {
            members = [:]
            return
        }
        guard let value = try? JSONSerialization.jsonObject(with: Data(bytes)),
            let object = value as? [String: Any]
        else { throw Problem(.body, "The body must be one JSON object in UTF-8.") }
        members = object
    }

    /// A text; white space around it is dropped, as scanners send it. Control characters are refused.
    mutating func text(_ name: String, longest: Int = 64) throws(Problem) -> String? {
        guard let value = members.removeValue(forKey: name), !(value is NSNull) else { return nil }
        guard let raw = value as? String else {
            throw Problem(.field, "\(name) must be a text.", field: name)
        }
        let text = raw.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { throw Problem(.field, "\(name) is empty.", field: name) }
        guard text.utf8.count <= longest else {
            throw Problem(
                .field, "\(name) must have at most \(longest) bytes, found \(text.utf8.count).", field: name)
        }
        guard
            !text.unicodeScalars.contains(where: {
                $0.properties.generalCategory == .control || $0.properties.generalCategory == .format
            })
        else {
            throw Problem(.field, "\(name) must not contain control characters.", field: name)
        }
        return text
    }

    mutating func required(_ name: String, longest: Int = 64) throws(Problem) -> String {
        guard let text = try text(name, longest: longest) else {
            throw Problem(.field, "\(name) is missing.", field: name)
        }
        return text
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String, _: Word.Type) throws(Problem)
        -> Word?
    where Word.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw Problem(
                .field,
                "\(name) must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")), found “\(text.shown)”.",
                field: name)
        }
        return word
    }

    mutating func texts(_ name: String, most: Int = 64) throws(Problem) -> [String]? {
        guard let value = members.removeValue(forKey: name), !(value is NSNull) else { return nil }
        guard let list = value as? [String], list.count <= most else {
            throw Problem(.field, "\(name) must be a list of at most \(most) texts.", field: name)
        }
        return list
    }

    mutating func flag(_ name: String) throws(Problem) -> Bool? {
        guard let value = members.removeValue(forKey: name), !(value is NSNull) else { return nil }
        guard let flag = value as? Bool else {
            throw Problem(.field, "\(name) must be true or false.", field: name)
        }
        return flag
    }

    mutating func number(_ name: String, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let value = members.removeValue(forKey: name), !(value is NSNull) else { return nil }
        guard let number = value as? Int, range.contains(number) else {
            throw Problem(
                .field, "\(name) must be a number from \(range.lowerBound) to \(range.upperBound).",
                field: name)
        }
        return number
    }

    /// - Throws: when something is left that nobody asked for: a misspelt name must not be passed over.
    func finish() throws(Problem) {
        guard let unknown = members.keys.min() else { return }
        throw Problem(
            .field, "There is no field “\(unknown.shown)” here. Check its spelling.", field: unknown.shown)
    }
}

extension String {
    /// Short enough and clean enough to be said back.
    var shown: String {
        let clean = String(
            unicodeScalars.prefix(80).map { scalar in
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                    ? "·" : Character(scalar)
            })
        return unicodeScalars.count > 80 ? clean + "…" : clean
    }
}
