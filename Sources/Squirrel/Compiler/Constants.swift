/// Names that stand for a value at compile time: `const`, `enum`, and what the host defines.
struct Constants: Sendable {
    enum Entry: Sendable {
        case scalar(FunctionTemplate.Literal)
        case enumeration([[UInt8]: FunctionTemplate.Literal])
    }

    private var entries: [[UInt8]: Entry] = [:]

    subscript(name: [UInt8]) -> Entry? {
        get { entries[name] }
        set { entries[name] = newValue }
    }
}
