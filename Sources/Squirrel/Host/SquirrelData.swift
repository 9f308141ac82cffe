/// A value with everything in it, apart from any machine: what can be sent and stored.
public indirect enum SquirrelData: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int32)
    case float(Float)
    case string(SquirrelString)
    case blob([UInt8])
    case array([SquirrelData])
    /// In the order of `foreach`.
    case table([Entry])
    /// What cannot be taken out of a machine, by its type's name.
    case opaque(String)

    public struct Entry: Hashable, Sendable {
        public var key: SquirrelData
        public var value: SquirrelData

        public init(key: SquirrelData, value: SquirrelData) {
            self.key = key
            self.value = value
        }
    }
}

extension SquirrelVM {
    /// Deepest nesting that `data(from:)` follows.
    public static let deepestData = 100

    /// Copies a value with all that is in it.
    /// - Throws: "circular data" for a table or array that contains itself, "data is nested too deeply" from
    ///   `deepestData` on. Thrown from a native, the error names the program's line.
    public func data(from value: SquirrelValue) throws(SquirrelError) -> SquirrelData {
        var path: Set<UInt32> = []
        return try data(value, &path)
    }

    private func data(_ value: SquirrelValue, _ path: inout Set<UInt32>) throws(SquirrelError) -> SquirrelData
    {
        switch value {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .integer(let integer): return .integer(integer)
        case .float(let float): return .float(float)
        case .string(let string): return .string(string)
        case .object(let object):
            if object.isBlob { return .blob(object.bytes) }
            guard object.kind == .table || object.kind == .array else { return .opaque(object.kind.rawValue) }
            guard path.insert(object.identity).inserted else { throw SquirrelError.thrown("circular data") }
            guard path.count <= SquirrelVM.deepestData else {
                throw SquirrelError.thrown("data is nested too deeply")
            }
            defer { path.remove(object.identity) }
            if object.kind == .array {
                var elements: [SquirrelData] = []
                for element in object.elements { elements.append(try data(element, &path)) }
                return .array(elements)
            }
            var entries: [SquirrelData.Entry] = []
            for entry in object.entries {
                entries.append(.init(key: try data(entry.key, &path), value: try data(entry.value, &path)))
            }
            return .table(entries)
        }
    }

    /// Builds a value from data; what is opaque becomes null.
    public func value(from data: SquirrelData) -> SquirrelValue {
        switch data {
        case .null, .opaque: return .null
        case .bool(let bool): return .bool(bool)
        case .integer(let integer): return .integer(integer)
        case .float(let float): return .float(float)
        case .string(let string): return .string(string)
        case .blob(let bytes): return .object(makeBlob(bytes))
        case .array(let elements): return .object(makeArray(elements.map { value(from: $0) }))
        case .table(let entries):
            let table = makeTable()
            for entry in entries {
                // Null keys, the only ones refused, cannot come out of a table.
                try? table.setValue(value(from: entry.value), forKey: value(from: entry.key))
            }
            return .object(table)
        }
    }
}
