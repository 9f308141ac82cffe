import Foundation
import StationConfig

/// Machine-readable output: one JSON document, keys sorted, a line feed at its end.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        Terminal.write(Array(try encoder.encode(value)) + [0x0A])
    }

    /// For streams: one document a line.
    static func line(_ value: CanonicalJSON) {
        Terminal.write(value.bytes + [0x0A])
    }
}
