/// What the lexer hands to the compiler, one at a time.
enum Token: Equatable {
    case end
    case identifier, string, integer, float
    case keyword(Keyword)
    /// A single character: punctuation, or a byte that no rule knows.
    case character(UInt8)
    case equal, notEqual, lessOrEqual, greaterOrEqual, threeWay
    case and, or
    case newSlot
    case plusAssign, minusAssign, timesAssign, divideAssign, moduloAssign
    case increment, decrement
    case shiftLeft, shiftRight, shiftRightUnsigned
    case doubleColon, ellipsis
    case attributesOpen, attributesClose
}

/// The reserved words.
enum Keyword: String, CaseIterable {
    case `while`, `do`, `if`, `else`, `break`, `continue`, `return`, null, function, local, `for`, foreach
    case `in`, typeof, base, delete, `try`, `catch`, `throw`, clone, yield, resume, `switch`, `case`
    case `default`, this, `class`, extends, constructor, instanceof, `true`, `false`, `static`, `enum`, const

    /// By spelling, for the lexer.
    static let bySpelling: [[UInt8]: Keyword] = Dictionary(
        uniqueKeysWithValues: allCases.map { (Array($0.rawValue.utf8), $0) })
}
