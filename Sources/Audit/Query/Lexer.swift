/// The words and signs of a filter.
enum Token: Equatable, Sendable {
    case word(String)
    /// In quotes: never a keyword.
    case quoted(String)
    case sign(Comparison)
    case open, close, comma
}

struct PlacedToken: Sendable {
    var token: Token
    var position: Int
}

enum Lexer {
    /// Longest filter that is read, in characters.
    static let longest = 10_000

    static func tokens(in text: String) throws(QueryFault) -> [PlacedToken] {
        let characters = Array(text)
        guard characters.count <= longest else {
            throw QueryFault(
                text: "", position: nil,
                sentence: "The filter has \(characters.count) characters; at most \(longest) are read.")
        }
        // SQLite's texts may hold a zero byte and its functions stop there: nothing of the kind gets that far.
        if let place = characters.firstIndex(where: {
            $0.unicodeScalars.contains {
                $0.value < 0x20 && !"\t\n\r".unicodeScalars.contains($0) || $0.value == 0x7F
            }
        }) {
            throw QueryFault(
                text: String(text.map { $0.isASCII && !$0.isLetter && $0 < " " ? "␣" : $0 }), position: place,
                sentence: "A control character was found; a filter is plain text.")
        }
        var tokens: [PlacedToken] = []
        var index = 0
        while index < characters.count {
            let start = index
            let character = characters[index]
            index += 1
            func take(_ token: Token) { tokens.append(PlacedToken(token: token, position: start)) }
            switch character {
            case _ where character.isWhitespace: continue
            case "(": take(.open)
            case ")": take(.close)
            case ",": take(.comma)
            case "=": take(.sign(.equal))
            case "~": take(.sign(.contains))
            case "!", "<", ">":
                let isDouble = index < characters.count && characters[index] == "="
                if isDouble { index += 1 }
                guard let sign = Comparison(rawValue: String(character) + (isDouble ? "=" : "")) else {
                    throw QueryFault(
                        text: text, position: start,
                        sentence: "`!` must be followed by `=`, as in outcome != passed.")
                }
                take(.sign(sign))
            case "\"", "'":
                var value = ""
                while index < characters.count, characters[index] != character {
                    value.append(characters[index])
                    index += 1
                }
                guard index < characters.count else {
                    throw QueryFault(
                        text: text, position: start, sentence: "The quotation mark is not closed.")
                }
                index += 1
                take(.quoted(value))
            default:
                var word = String(character)
                while index < characters.count, !characters[index].isWhitespace,
                    !"()=~!<>,\"'".contains(characters[index])
                {
                    word.append(characters[index])
                    index += 1
                }
                take(.word(word))
            }
        }
        return tokens
    }
}
