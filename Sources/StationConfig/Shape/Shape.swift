/// What a value in a configuration file may be, as data: the loader checks files against it, a test compares it
/// with the JSON Schemas, and another with `docs/sku.md`.
indirect enum Shape: Sendable {
    case text(TextForm)
    /// Decimal or hexadecimal.
    case integer(ClosedRange<Int64>)
    /// A finite number.
    case number
    /// `true` or `false`, nothing else that YAML would take for one.
    case boolean
    case duration(ClosedRange<Duration>)
    /// Bytes.
    case size(ClosedRange<Int64>)
    case list(Shape, count: ClosedRange<Int>, unique: Bool = false)
    case map(KeySet)
    /// Free keys of one form, values of one shape.
    case table(TextForm, Shape, count: ClosedRange<Int>)
    /// Number, text or boolean; text that could be taken for something else must be quoted.
    case value
    /// A scalar of one form, or a list.
    case textOrList(TextForm, Shape)
}

/// What a text may look like.
struct TextForm: Sendable {
    /// As a message says it after "allowed".
    let allowed: String
    /// The words, when only these are allowed: for suggestions, and for the schema's `enum`.
    let words: [String]?
    /// Another code than `wrongForm` for texts that are not of this form.
    let code: ConfigCode
    let accepts: @Sendable (String) -> Bool

    init(_ allowed: String, code: ConfigCode = .wrongForm, accepts: @escaping @Sendable (String) -> Bool) {
        self.allowed = allowed
        words = nil
        self.code = code
        self.accepts = accepts
    }

    /// One of a few words.
    init(oneOf words: [String]) {
        allowed = Phrase.oneOf(words, atMost: 20)
        self.words = words
        code = .wrongForm
        accepts = { words.contains($0) }
    }
}

/// The keys of one map.
struct KeySet: Sendable {
    /// How messages and the documentation call the map.
    let name: String
    let keys: [Key]

    init(_ name: String, _ keys: [Key]) {
        self.name = name
        self.keys = keys
    }

    subscript(name: String) -> Key? {
        keys.first { $0.name == name }
    }
}

/// One key of a map.
struct Key: Sendable {
    let name: String
    let shape: Shape
    let isRequired: Bool

    static func required(_ name: String, _ shape: Shape) -> Key {
        Key(name: name, shape: shape, isRequired: true)
    }

    static func optional(_ name: String, _ shape: Shape) -> Key {
        Key(name: name, shape: shape, isRequired: false)
    }
}
