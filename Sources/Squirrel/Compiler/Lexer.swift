/// Cuts source text into tokens. A NUL ends the text.
struct Lexer {
    private let source: [UInt8]
    private let file: String
    private var position = 0
    /// The character at hand; 0 at the end.
    private var current: UInt8

    /// The line of the character at hand, from 1.
    private(set) var line = 1
    /// The line on which the last token began.
    private(set) var tokenLine = 1
    private(set) var column = 0
    /// Whether a line break stood right before the last token; it may end a statement.
    private(set) var followsLineBreak = false
    /// The token before the last, unless a line break stood between.
    private(set) var previous: Token?
    private var latest: Token?

    /// What the last token said: the bytes of a string or identifier.
    private(set) var text: [UInt8] = []
    private(set) var integer: Int32 = 0
    private(set) var float: Float = 0

    init(source: [UInt8], file: String) {
        self.source = source
        self.file = file
        current = source.first ?? 0
    }

    func error(_ message: String) -> CompileError {
        CompileError(message: message, file: file, line: line, column: column)
    }

    private mutating func advance() {
        position += 1
        current = position < source.count ? source[position] : 0
        column += 1
    }

    private mutating func take(_ token: Token) -> Token {
        advance()
        return token
    }

    /// After the first character of a token: `token` when `character` follows, else `otherwise`.
    private mutating func take(_ character: Character, _ token: Token, else otherwise: Token) -> Token {
        if current == character.asciiValue { return take(token) }
        return otherwise
    }

    mutating func next() throws(CompileError) -> Token {
        tokenLine = line
        followsLineBreak = false
        previous = latest
        let token = try scan()
        latest = token
        if followsLineBreak { previous = nil }
        return token
    }

    private mutating func scan() throws(CompileError) -> Token {
        while current != 0 {
            switch current {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                advance()
            case UInt8(ascii: "\n"):
                line += 1
                followsLineBreak = true
                advance()
                column = 1
            case UInt8(ascii: "#"):
                skipLine()
            case UInt8(ascii: "/"):
                advance()
                switch current {
                case UInt8(ascii: "*"):
                    advance()
                    try skipBlock()
                case UInt8(ascii: "/"):
                    skipLine()
                case UInt8(ascii: "="):
                    return take(.divideAssign)
                case UInt8(ascii: ">"):
                    return take(.attributesClose)
                default:
                    return .character(UInt8(ascii: "/"))
                }
            default:
                return try scanToken()
            }
        }
        return .end
    }

    private mutating func skipLine() {
        repeat { advance() } while current != UInt8(ascii: "\n") && current != 0
    }

    private mutating func skipBlock() throws(CompileError) {
        while true {
            switch current {
            case UInt8(ascii: "*"):
                advance()
                if current == UInt8(ascii: "/") {
                    advance()
                    return
                }
            case UInt8(ascii: "\n"):
                line += 1
                advance()
            case 0:
                throw error("missing \"*/\" in comment")
            default:
                advance()
            }
        }
    }

    private mutating func scanToken() throws(CompileError) -> Token {
        let first = current
        switch first {
        case UInt8(ascii: "="):
            advance()
            return take("=", .equal, else: .character(first))
        case UInt8(ascii: "<"):
            advance()
            switch current {
            case UInt8(ascii: "="):
                advance()
                return take(">", .threeWay, else: .lessOrEqual)
            case UInt8(ascii: "-"): return take(.newSlot)
            case UInt8(ascii: "<"): return take(.shiftLeft)
            case UInt8(ascii: "/"): return take(.attributesOpen)
            default: return .character(first)
            }
        case UInt8(ascii: ">"):
            advance()
            if current == UInt8(ascii: "=") { return take(.greaterOrEqual) }
            if current == first {
                advance()
                return take(">", .shiftRightUnsigned, else: .shiftRight)
            }
            return .character(first)
        case UInt8(ascii: "!"):
            advance()
            return take("=", .notEqual, else: .character(first))
        case UInt8(ascii: "@"):
            advance()
            if current == UInt8(ascii: "\"") { return try scanString(verbatim: true) }
            return .character(first)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return try scanString(verbatim: false)
        case UInt8(ascii: "."):
            advance()
            guard current == first else { return .character(first) }
            advance()
            guard current == first else { throw error("invalid token '..'") }
            return take(.ellipsis)
        case UInt8(ascii: "&"):
            advance()
            return take("&", .and, else: .character(first))
        case UInt8(ascii: "|"):
            advance()
            return take("|", .or, else: .character(first))
        case UInt8(ascii: ":"):
            advance()
            return take(":", .doubleColon, else: .character(first))
        case UInt8(ascii: "*"):
            advance()
            return take("=", .timesAssign, else: .character(first))
        case UInt8(ascii: "%"):
            advance()
            return take("=", .moduloAssign, else: .character(first))
        case UInt8(ascii: "-"):
            advance()
            if current == UInt8(ascii: "=") { return take(.minusAssign) }
            return take("-", .decrement, else: .character(first))
        case UInt8(ascii: "+"):
            advance()
            if current == UInt8(ascii: "=") { return take(.plusAssign) }
            return take("+", .increment, else: .character(first))
        default:
            if first.isDigit { return try scanNumber() }
            if first.isLetter || first == UInt8(ascii: "_") { return scanWord() }
            if first < 0x20 || first == 0x7F { throw error("unexpected character(control)") }
            advance()
            return .character(first)
        }
    }

    private mutating func scanWord() -> Token {
        let start = position
        repeat { advance() } while current.isDigit || current.isLetter || current == UInt8(ascii: "_")
        let word = Array(source[start..<position])
        guard let keyword = Keyword.bySpelling[word] else {
            text = word
            return .identifier
        }
        if keyword == .constructor { text = word }
        return .keyword(keyword)
    }

    private mutating func scanString(verbatim: Bool) throws(CompileError) -> Token {
        let delimiter = current
        var bytes: [UInt8] = []
        advance()
        if current == 0 { throw error("error parsing the string") }
        while true {
            while current != delimiter {
                switch current {
                case 0:
                    throw error("unfinished string")
                case UInt8(ascii: "\n"):
                    if !verbatim { throw error("newline in a constant") }
                    bytes.append(current)
                    advance()
                    line += 1
                case UInt8(ascii: "\\") where !verbatim:
                    advance()
                    bytes.append(try scanEscape())
                default:
                    bytes.append(current)
                    advance()
                }
            }
            advance()
            guard verbatim && current == delimiter else { break }
            bytes.append(current)
            advance()
        }
        guard delimiter == UInt8(ascii: "'") else {
            text = bytes
            return .string
        }
        if bytes.isEmpty { throw error("empty constant") }
        if bytes.count > 1 { throw error("constant too long") }
        integer = Int32(bytes[0])
        return .integer
    }

    private mutating func scanEscape() throws(CompileError) -> UInt8 {
        let letter = current
        switch letter {
        case UInt8(ascii: "x"):
            advance()
            guard current.hexValue != nil else { throw error("hexadecimal number expected") }
            var code: UInt32 = 0
            var digits = 0
            while digits < 4, let digit = current.hexValue {
                code = code << 4 | UInt32(digit)
                digits += 1
                advance()
            }
            return UInt8(truncatingIfNeeded: code)
        case UInt8(ascii: "t"): advance(); return 9
        case UInt8(ascii: "a"): advance(); return 7
        case UInt8(ascii: "b"): advance(); return 8
        case UInt8(ascii: "n"): advance(); return 10
        case UInt8(ascii: "r"): advance(); return 13
        case UInt8(ascii: "v"): advance(); return 11
        case UInt8(ascii: "f"): advance(); return 12
        case UInt8(ascii: "0"): advance(); return 0
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): advance(); return letter
        default: throw error("unrecognised escaper char")
        }
    }

    private mutating func scanNumber() throws(CompileError) -> Token {
        let first = current
        advance()
        if first == UInt8(ascii: "0"), current.isOctalDigit { return try scanOctal() }
        if first == UInt8(ascii: "0"), current == UInt8(ascii: "x") || current == UInt8(ascii: "X") {
            return try scanHexadecimal()
        }
        var digits = [first]
        var isFloat = false
        while true {
            if current.isDigit {
                digits.append(current)
                advance()
            } else if current == UInt8(ascii: ".") {
                isFloat = true
                digits.append(current)
                advance()
            } else if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
                isFloat = true
                digits.append(current)
                advance()
                if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") {
                    digits.append(current)
                    advance()
                }
                guard current.isDigit else { throw error("exponent expected") }
            } else {
                break
            }
        }
        if isFloat {
            float = Float(NumberText.double(digits).value)
            return .float
        }
        var number: UInt32 = 0
        for digit in digits { number = number &* 10 &+ UInt32(digit &- 48) }
        integer = Int32(bitPattern: number)
        return .integer
    }

    private mutating func scanOctal() throws(CompileError) -> Token {
        var number: UInt32 = 0
        while current.isOctalDigit {
            number = number << 3 | UInt32(current &- 48)
            advance()
        }
        if current.isDigit { throw error("invalid octal number") }
        integer = Int32(bitPattern: number)
        return .integer
    }

    private mutating func scanHexadecimal() throws(CompileError) -> Token {
        advance()
        var number: UInt32 = 0
        var digits = 0
        while let digit = current.hexValue {
            number = number << 4 | UInt32(digit)
            digits += 1
            advance()
        }
        if digits > 8 { throw error("too many digits for an Hex number") }
        integer = Int32(bitPattern: number)
        return .integer
    }
}

extension UInt8 {
    @inline(__always) var isDigit: Bool { self >= 48 && self <= 57 }
    @inline(__always) var isOctalDigit: Bool { self >= 48 && self <= 55 }
    @inline(__always) var isLetter: Bool { (self | 32) >= 97 && (self | 32) <= 122 }
    var hexValue: UInt8? {
        if isDigit { return self &- 48 }
        let lower = self | 32
        return lower >= 97 && lower <= 102 ? lower &- 87 : nil
    }
}
