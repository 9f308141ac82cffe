import Squirrel

/// What is wrong with a board file.
public struct BoardFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where, as `elements[3].registers.address`; empty for the whole file.
    public var path: String
    public var found: String
    public var allowed: String

    public var description: String {
        "\(path.isEmpty ? "The board file" : path): found \(found); allowed is \(allowed)."
    }
}

extension ProductBoard {
    /// Reads a product board from a JSON file: what hangs on which pin and bus. docs/writing-tests.md describes the keys.
    /// - Throws: `BoardFileError`, with the place in the file.
    public init(json: [UInt8]) throws(BoardFileError) {
        let data: SquirrelData
        do {
            data = try JSONText.decode(json)
        } catch {
            throw BoardFileError(path: "", found: "\(error)", allowed: "JSON")
        }
        let file = BoardNode(data: data, path: "")
        try file.allow(["name", "console", "led", "elements"])
        var elements: [BoardElement] = []
        for node in try file.list("elements") { elements.append(try BoardElement(node)) }
        self.init(
            name: try file.text("name"), console: try file.word("console") ?? .qrpw, elements: elements,
            userLED: try file.word("led"))
        var addresses: Set<String> = []
        for case .registers(let map) in elements
        where !addresses.insert("\(map.bus.rawValue) \(map.address8)").inserted {
            throw BoardFileError(
                path: "elements", found: "\(map.name) at an address that is taken",
                allowed: "one part at an address of a bus")
        }
    }
}

/// A value in a board file and where it stands.
private struct BoardNode {
    var data: SquirrelData
    var path: String

    func fail(_ allowed: String) -> BoardFileError {
        let found =
            switch data {
            case .null: "nothing"
            case .string(let text): "`\(text.text)`"
            case .integer(let value): "\(value)"
            case .float(let value): "\(value)"
            case .bool(let value): "\(value)"
            case .array: "a list"
            case .table: "a map"
            case .blob, .opaque: "something else"
            }
        return BoardFileError(path: path, found: found, allowed: allowed)
    }

    private func place(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    func entries() throws(BoardFileError) -> [(key: String, value: BoardNode)] {
        guard case .table(let entries) = data else { throw fail("a map") }
        return entries.compactMap { entry in
            guard case .string(let key) = entry.key else { return nil }
            return (key.text, BoardNode(data: entry.value, path: place(key.text)))
        }
    }

    func allow(_ keys: [String]) throws(BoardFileError) {
        for (key, node) in try entries() where !keys.contains(key) {
            throw BoardFileError(
                path: node.path, found: "a key of this name", allowed: keys.joined(separator: ", "))
        }
    }

    subscript(_ key: String) -> BoardNode? {
        get throws(BoardFileError) { try entries().last { $0.key == key }?.value }
    }

    func required(_ key: String) throws(BoardFileError) -> BoardNode {
        guard let node = try self[key] else {
            throw BoardFileError(path: place(key), found: "nothing", allowed: "a value")
        }
        return node
    }

    func list(_ key: String) throws(BoardFileError) -> [BoardNode] {
        guard let node = try self[key] else { return [] }
        return try node.items()
    }

    func items() throws(BoardFileError) -> [BoardNode] {
        guard case .array(let items) = data else { throw fail("a list") }
        return items.enumerated().map { BoardNode(data: $1, path: "\(path)[\($0)]") }
    }

    func text(_ key: String) throws(BoardFileError) -> String {
        let node = try required(key)
        guard case .string(let text) = node.data, !text.text.isEmpty else { throw node.fail("a text") }
        return text.text
    }

    /// A word of a list; nil when the key is missing.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, as type: Word.Type = Word.self
    ) throws(BoardFileError) -> Word? where Word.RawValue == String {
        guard let node = try self[key] else { return nil }
        return try node.word()
    }

    func word<Word: RawRepresentable & CaseIterable>(as type: Word.Type = Word.self) throws(BoardFileError)
        -> Word where Word.RawValue == String
    {
        guard case .string(let text) = data, let word = Word(rawValue: text.text) else {
            throw fail(Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }

    func pin(_ key: String) throws(BoardFileError) -> PinName { try required(key).word() }

    func number(_ key: String, absent: Double? = nil) throws(BoardFileError) -> Double {
        guard let node = try self[key] else {
            if let absent { return absent }
            return try Double(required(key).byte())
        }
        switch node.data {
        case .integer(let value): return Double(value)
        case .float(let value): return Double(value)
        default: throw node.fail("a number")
        }
    }

    /// 0 to 255, as a number or as text such as `0xBE`.
    func byte() throws(BoardFileError) -> UInt8 {
        var value: Int?
        switch data {
        case .integer(let number): value = Int(number)
        case .string(let text):
            let digits = text.text
            value = digits.hasPrefix("0x") ? Int(digits.dropFirst(2), radix: 16) : Int(digits)
        default: break
        }
        guard let value, let byte = UInt8(exactly: value) else {
            throw fail("0 to 255, such as 29 or \"0xBE\"")
        }
        return byte
    }

    func byte(_ key: String) throws(BoardFileError) -> UInt8 { try required(key).byte() }

    /// Registers by address, each with a byte.
    func bytes(_ key: String) throws(BoardFileError) -> [(register: UInt8, node: BoardNode)] {
        guard let node = try self[key] else { return [] }
        var found: [(register: UInt8, node: BoardNode)] = []
        for (name, value) in try node.entries() {
            let address = BoardNode(data: .string(SquirrelString(name)), path: value.path)
            found.append((try address.byte(), value))
        }
        return found
    }

    func spread(_ key: String) throws(BoardFileError) -> Spread {
        Spread(try number(key), sigma: try number("sigma", absent: 0))
    }
}

private enum Side: String, CaseIterable { case high, low }

extension BoardElement {
    private static let kinds = [
        "pull", "divider", "wire", "line", "buffer", "thermometer", "one-wire", "registers",
    ]

    fileprivate init(_ node: BoardNode) throws(BoardFileError) {
        guard let (kind, body) = try node.entries().first, try node.entries().count == 1 else {
            throw node.fail("a map with one key: " + Self.kinds.joined(separator: ", "))
        }
        switch kind {
        case "pull":
            try body.allow(["pin", "to", "kilohms"])
            self = .pull(
                pin: try body.pin("pin"), high: try body.word("to", as: Side.self) != .low,
                kiloohms: max(try body.number("kilohms"), 0.001))
        case "divider":
            try body.allow(["pin", "ratio", "sigma"])
            self = .divider(pin: try body.pin("pin"), ratio: try body.spread("ratio"))
        case "wire":
            try body.allow(["from", "to", "loss", "sigma"])
            self = .loopback(
                from: try body.pin("from"), to: try body.pin("to"),
                loss: Spread(try body.number("loss", absent: 0), sigma: try body.number("sigma", absent: 0)))
        case "line":
            try body.allow(["name", "pin", "rests"])
            self = .fixtureLine(
                name: try body.text("name"), pin: try body.pin("pin"),
                restingLow: try body.word("rests", as: Side.self) != .high)
        case "buffer":
            try body.allow(["from", "to"])
            self = .openDrainBuffer(from: try body.pin("from"), to: try body.pin("to"))
        case "thermometer":
            try body.allow(["bus", "address", "sigma"])
            self = .thermometer(
                bus: try body.required("bus").word(), address8: try body.byte("address"),
                offset: Spread(0, sigma: try body.number("sigma", absent: 0)))
        case "one-wire":
            try body.allow(["name", "pin", "family", "celsius", "sigma"])
            var map = OneWireMap(name: try body.text("name"), pin: try body.pin("pin"))
            if try body["family"] != nil { map.family = try body.byte("family") }
            map.celsius = Spread(
                try body.number("celsius", absent: 24.6), sigma: try body.number("sigma", absent: 0.3))
            self = .oneWire(map)
        case "registers":
            self = .registers(try RegisterMap(body))
        default:
            throw BoardFileError(
                path: body.path, found: "an element of this name", allowed: Self.kinds.joined(separator: ", ")
            )
        }
    }
}

extension RegisterMap {
    fileprivate init(_ body: BoardNode) throws(BoardFileError) {
        try body.allow([
            "name", "bus", "address", "increment", "values", "read-only", "refuses", "self-clearing",
            "readings", "interrupts",
        ])
        self.init(
            name: try body.text("name"), bus: try body.required("bus").word(),
            address8: try body.byte("address"))
        guard address8 & 1 == 0 else {
            throw try body.required("address").fail("an 8-bit address: seven bits shifted left by one")
        }
        increment = try body.word("increment") ?? .always
        for (register, node) in try body.bytes("values") {
            let nodes = if case .array = node.data { try node.items() } else { [node] }
            for (index, item) in nodes.enumerated() {
                registers[register &+ UInt8(truncatingIfNeeded: index)] = Register(try item.byte())
            }
        }
        for (key, access) in [("read-only", Access.read), ("refuses", .refuse)] {
            for node in try body.list(key) {
                registers[try node.byte(), default: Register(0)].access = access
            }
        }
        for (register, node) in try body.bytes("self-clearing") {
            registers[register, default: Register(0)].selfClearing = try node.byte()
        }
        for node in try body.list("readings") {
            try node.allow(["at", "bytes", "value", "sigma"])
            let count = try node.number("bytes")
            guard (1...4).contains(count) else { throw try node.required("bytes").fail("1 to 4") }
            readings.append(
                Reading(register: try node.byte("at"), bytes: Int(count), value: try node.spread("value")))
        }
        for node in try body.list("interrupts") { interrupts.append(try Interrupt(node)) }
    }
}

extension RegisterMap.Interrupt {
    fileprivate init(_ node: BoardNode) throws(BoardFileError) {
        try node.allow(["line", "source", "value", "enable", "pins", "active"])
        var pins: [PinName] = []
        for item in try node.list("pins") { pins.append(try item.word()) }
        var enable: (register: UInt8, mask: UInt8)?
        if let switchedBy = try node["enable"] {
            try switchedBy.allow(["register", "mask"])
            enable = (try switchedBy.byte("register"), try switchedBy.byte("mask"))
        }
        self.init(
            line: try node.text("line"), source: try node.byte("source"), value: try node.byte("value"),
            enable: enable, pins: pins, activeHigh: try node.word("active", as: Side.self) != .low)
    }
}
