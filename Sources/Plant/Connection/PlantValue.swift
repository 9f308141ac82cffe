/// A value on its way to or from the plant database.
public enum PlantValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case number(Double)
    case text(String)
    case bytes([UInt8])
    /// A list of texts, for `= ANY ($1)`.
    case texts([String])
    /// A list of whole numbers, for `= ANY ($1)`.
    case integers([Int64])

    init(_ value: Int64?) { self = value.map(PlantValue.integer) ?? .null }
    init(_ value: String?) { self = value.map(PlantValue.text) ?? .null }
    init(_ value: Double?) { self = value.map(PlantValue.number) ?? .null }

    /// The type that the server is told: int8, float8, text, bytea, text[], int8[].
    var oid: UInt32 {
        switch self {
        case .null: 0
        case .integer: 20
        case .number: 701
        case .text: 25
        case .bytes: 17
        case .texts: 1009
        case .integers: 1016
        }
    }

    var isBinary: Bool {
        if case .bytes = self { return true }
        return false
    }

    /// As a parameter: bytes as they are, everything else in the server's own text form.
    var parameter: [UInt8]? {
        switch self {
        case .null: nil
        case .integer(let value): Array(String(value).utf8)
        case .number(let value): Array(Self.text(value).utf8)
        case .text(let value): Array(value.withoutZeros.utf8)
        case .bytes(let value): value
        case .integers(let values):
            Array(("{" + values.map { String($0) }.joined(separator: ",") + "}").utf8)
        case .texts(let values):
            Array(
                ("{"
                    + values.map { value in
                        "\"" + value.withoutZeros.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                            + "\""
                    }.joined(separator: ",") + "}").utf8)
        }
    }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : String(value)
    }
}

/// A row of an answer, valid while it is looked at.
struct PlantRow {
    let columns: [PlantValue]

    subscript(index: Int) -> PlantValue { columns.indices.contains(index) ? columns[index] : .null }

    func integer(_ index: Int) -> Int64? {
        if case .integer(let value) = self[index] { return value }
        return nil
    }

    func text(_ index: Int) -> String? {
        if case .text(let value) = self[index] { return value }
        return nil
    }

    func bytes(_ index: Int) -> [UInt8]? {
        if case .bytes(let value) = self[index] { return value }
        return nil
    }
}
