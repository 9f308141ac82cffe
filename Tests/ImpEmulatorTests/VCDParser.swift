/// Reads a value change dump strictly, by the grammar of IEEE 1364: whatever it does not know is an error.
struct VCDParser {
    struct Failure: Error {
        var token: String
        var why: String
    }

    struct Variable: Equatable {
        var kind: String
        var width: Int
        var name: String
    }

    private(set) var timescale = ""
    private(set) var variables: [String: Variable] = [:]
    /// By variable name: time and value.
    private(set) var changes: [String: [(time: Int64, value: String)]] = [:]
    private(set) var end: Int64 = 0
    private var tokens: [Substring]
    private var next = 0

    init(_ text: String) throws {
        tokens = text.split { $0 == " " || $0 == "\n" || $0 == "\t" }
        try declarations()
        try values()
    }

    private mutating func take() throws -> Substring {
        guard next < tokens.count else { throw Failure(token: "", why: "the file ends too early") }
        next += 1
        return tokens[next - 1]
    }

    private mutating func takeToEnd() throws -> [Substring] {
        var taken: [Substring] = []
        while true {
            let token = try take()
            if token == "$end" { return taken }
            guard !token.hasPrefix("$") || token.count == 1 else {
                throw Failure(token: String(token), why: "$end is missing")
            }
            taken.append(token)
        }
    }

    private mutating func declarations() throws {
        var depth = 0
        while true {
            let keyword = try take()
            let rest = try takeToEnd()
            switch keyword {
            case "$comment", "$date", "$version": continue
            case "$timescale": timescale = rest.joined(separator: " ")
            case "$scope": depth += 1
            case "$upscope": depth -= 1
            case "$var":
                guard rest.count == 4, let width = Int(rest[1]), depth == 1,
                    rest[0] == "wire" && width == 1 || rest[0] == "real" && width == 64
                else { throw Failure(token: rest.joined(separator: " "), why: "not a variable") }
                let identifier = String(rest[2])
                guard identifier.unicodeScalars.allSatisfy({ (33...126).contains($0.value) }),
                    variables[identifier] == nil
                else { throw Failure(token: identifier, why: "identifier is not printable or not new") }
                variables[identifier] = Variable(kind: String(rest[0]), width: width, name: String(rest[3]))
            case "$enddefinitions":
                guard depth == 0 else { throw Failure(token: "$enddefinitions", why: "a scope is open") }
                return
            default: throw Failure(token: String(keyword), why: "unknown keyword")
            }
        }
    }

    private mutating func values() throws {
        var time: Int64?
        var dumping = false
        while next < tokens.count {
            let token = try take()
            switch token.first {
            case "#":
                guard let parsed = Int64(token.dropFirst()), parsed > time ?? -1 else {
                    throw Failure(token: String(token), why: "time does not grow")
                }
                time = parsed
                end = parsed
            case "$":
                guard token == "$dumpvars" && !dumping || token == "$end" && dumping else {
                    throw Failure(token: String(token), why: "unexpected keyword")
                }
                dumping.toggle()
            case "0", "1", "x", "z":
                try record(String(token.dropFirst()), String(token.prefix(1)), "wire", time)
            case "r":
                guard Double(token.dropFirst()) != nil else {
                    throw Failure(token: String(token), why: "not a number")
                }
                try record(String(try take()), String(token.dropFirst()), "real", time)
            default: throw Failure(token: String(token), why: "not a value change")
            }
        }
        if dumping { throw Failure(token: "$dumpvars", why: "is never closed") }
    }

    private mutating func record(
        _ identifier: String, _ value: String, _ kind: String, _ time: Int64?
    ) throws {
        guard let variable = variables[identifier], variable.kind == kind, let time else {
            throw Failure(token: identifier, why: "no such variable, or no time yet")
        }
        changes[variable.name, default: []].append((time, value))
    }
}
