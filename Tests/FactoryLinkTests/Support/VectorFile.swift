import Foundation
import TimeAndChance

@testable import FactoryLink

/// `schema/factory-link/vectors.json`, as a stranger who implements the link would read it.
struct VectorFile: Decodable {
    struct Checksum: Decodable { var bytes, crc: String }
    struct Stuffing: Decodable { var plain, encoded: String }
    struct BadStuffing: Decodable { var encoded, why: String }
    struct Value: Decodable {
        var source, cbor: String
        var value: Notation
    }
    struct BadValue: Decodable { var cbor, why: String }
    struct FrameVector: Decodable {
        var name, kind: String
        var endsBurst: Bool
        var tag: UInt8
        var session: UInt32
        var sequence, offset, total: UInt16
        var body, wire: String
    }
    struct BadFrame: Decodable { var wire, why: String }
    struct Message: Decodable {
        struct Request: Decodable {
            var verb, cbor: String
            var arguments: Notation
        }
        struct Answer: Decodable {
            var cbor: String
            var result: Notation
        }
        var name: String
        var request: Request
        var answer: Answer
    }
    struct Failure: Decodable {
        var cbor, code, message: String
        var data: Notation?
    }
    struct Dialogue: Decodable {
        struct Line: Decodable { var from, what, wire: String }
        var session: UInt32
        var firmware: String
        var frames: [Line]
    }

    var crc32: [Checksum]
    var cobs: [Stuffing]
    var cobsInvalid: [BadStuffing]
    var values: [Value]
    var valuesInvalid: [BadValue]
    var frames: [FrameVector]
    var damagedFrames: [BadFrame]
    var messages: [Message]
    var failures: [Failure]
    var dialogue: Dialogue

    static func load() throws -> VectorFile {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "schema/factory-link/vectors.json")
        return try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: file))
    }
}

/// A value as the vector file writes it: `{"int": 5}`, `{"map": {…}}`, `"null"`.
struct Notation: Decodable {
    var value: LinkValue

    private enum Keys: String, CodingKey { case bool, int, float, bytes, text, array, map }
    struct Malformed: Error {}

    init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard word == "null" else { throw Malformed() }
            value = .null
            return
        }
        let container = try decoder.container(keyedBy: Keys.self)
        switch container.allKeys.first {
        case .bool: value = .bool(try container.decode(Bool.self, forKey: .bool))
        case .int: value = .int(try container.decode(Int32.self, forKey: .int))
        case .float:
            guard let bits = UInt32(try container.decode(String.self, forKey: .float), radix: 16) else {
                throw Malformed()
            }
            value = .float(Float(bitPattern: bits))
        case .bytes: value = .bytes(bytes(try container.decode(String.self, forKey: .bytes)))
        case .text: value = .text(try container.decode(String.self, forKey: .text))
        case .array: value = .array(try container.decode([Notation].self, forKey: .array).map(\.value))
        case .map:
            value = .map(try container.decode([String: Notation].self, forKey: .map).mapValues(\.value))
        case nil: throw Malformed()
        }
    }
}

/// Bytes of a hexadecimal text.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Bytes as hexadecimal text.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
