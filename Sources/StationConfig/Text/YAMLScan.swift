/// What a look over the raw text finds before the YAML library is let loose on it: tabs where blanks belong,
/// anchors and aliases (a few of which can stand for billions of values), tags, and nesting beyond reason.
///
/// The look is cheap and line by line. It knows quotes, comments and block scalars, so that a `*` in a sentence
/// is no alias.
struct YAMLScan {
    enum Trouble: Equatable {
        case tab
        case anchor(String)
        case alias(String)
        case tag(String)
        case mergeKey
        case tooDeep
    }

    struct Found: Equatable {
        var trouble: Trouble
        var line: Int
        var column: Int
    }

    /// Flow brackets that may be open at once, and block indicators on one line.
    static let maximumDepth = 16

    private var found: [Found] = []
    private var quote: UInt8?
    private var openBrackets = 0
    /// Indentation of the line that opened a block scalar; its deeper lines are text.
    private var blockScalarIndent: Int?

    /// Everything found, in the order of the text.
    static func troubles(in text: String) -> [Found] {
        var scan = YAMLScan()
        for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            scan.look(at: Array(line), number: index + 1)
        }
        return scan.found
    }

    private mutating func look(at line: [UInt8], number: Int) {
        let indent = line.prefix { $0 == 0x20 }.count
        if let opened = blockScalarIndent {
            if indent > opened || line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { return }
            blockScalarIndent = nil
        }
        if quote == nil, indent < line.count, line[indent] == 0x09,
            line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D })
        {
            found.append(Found(trouble: .tab, line: number, column: indent + 1))
            return
        }
        walk(line, from: indent, number: number, indent: indent)
    }

    /// Goes through one line token by token.
    private mutating func walk(_ line: [UInt8], from start: Int, number: Int, indent: Int) {
        var index = start
        var atTokenStart = quote == nil
        var indicators = 0
        while index < line.count {
            let byte = line[index]
            if let open = quote {
                index += closing(open, line, at: index)
                atTokenStart = false
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0D:
                index += 1
                continue
            case UInt8(ascii: "#") where index == start || line[index - 1] == 0x20 || line[index - 1] == 0x09:
                return
            case UInt8(ascii: "\"") where atTokenStart, UInt8(ascii: "'") where atTokenStart:
                quote = byte
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                guard atTokenStart || openBrackets > 0 else { break }
                openBrackets += 1
                checkDepth(openBrackets, number, index)
                index += 1
                atTokenStart = true
                continue
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                openBrackets = max(0, openBrackets - 1)
            case UInt8(ascii: ",") where openBrackets > 0:
                index += 1
                atTokenStart = true
                continue
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                let next = index + 1 < line.count ? line[index + 1] : 0x20
                guard next == 0x20 || next == 0x0D || next == 0x09, atTokenStart || byte == UInt8(ascii: ":")
                else {
                    break
                }
                indicators += 1
                checkDepth(indicators, number, index)
                index += 1
                atTokenStart = true
                continue
            case UInt8(ascii: "|") where atTokenStart, UInt8(ascii: ">") where atTokenStart:
                if openBrackets == 0 {
                    blockScalarIndent = indent
                    return
                }
            default:
                if atTokenStart, note(byte, line, at: index, number) {
                    // The value that an anchor or a tag belongs to is still to come.
                    index += line[index...].prefix { $0 > 0x20 && $0 != UInt8(ascii: ",") }.count
                    continue
                }
            }
            atTokenStart = false
            index += 1
        }
    }

    /// - Returns: whether it was an anchor, an alias, a tag or a merge key.
    private mutating func note(_ byte: UInt8, _ line: [UInt8], at index: Int, _ number: Int) -> Bool {
        let name = String(
            decoding: line[index...].prefix { $0 > 0x20 && $0 != UInt8(ascii: ",") }, as: UTF8.self)
        let trouble: Trouble
        switch byte {
        case UInt8(ascii: "&"): trouble = .anchor(name)
        case UInt8(ascii: "*"): trouble = .alias(name)
        case UInt8(ascii: "!"): trouble = .tag(name)
        case UInt8(ascii: "<") where name.hasPrefix("<<:"): trouble = .mergeKey
        default: return false
        }
        found.append(Found(trouble: trouble, line: number, column: index + 1))
        return true
    }

    private mutating func checkDepth(_ depth: Int, _ number: Int, _ index: Int) {
        if depth == Self.maximumDepth + 1 {
            found.append(Found(trouble: .tooDeep, line: number, column: index + 1))
        }
    }

    /// Steps over one byte inside quotes (two for an escape) and notices their end.
    private mutating func closing(_ open: UInt8, _ line: [UInt8], at index: Int) -> Int {
        if open == UInt8(ascii: "\""), line[index] == UInt8(ascii: "\\") { return 2 }
        guard line[index] == open else { return 1 }
        // A doubled single quote is a quote character.
        if open == UInt8(ascii: "'"), index + 1 < line.count, line[index + 1] == open { return 2 }
        quote = nil
        return 1
    }
}
