/// Resolves what the platform and Builder do to a source before Squirrel sees it: `#require` lines, and lines and
/// insertions that begin with `@`.
public struct SourcePreprocessor {
    private let provider: any SourceProvider
    private let variables: [String: BuilderValue]

    public init(provider: any SourceProvider, variables: [String: BuilderValue] = [:]) {
        self.provider = provider
        self.variables = variables
    }

    /// - Parameter name: the file's name, for errors and `__FILE__`.
    public func process(_ source: [UInt8], name: String) throws(SourceError) -> PreparedSource {
        let work = PreprocessorRun(provider: provider, variables: variables)
        try work.process(work.lines(of: source, file: name), depth: 0)
        return PreparedSource(lines: work.output, required: work.required, warnings: work.warnings)
    }
}

/// One pass over a source and what it includes.
final class PreprocessorRun {
    struct Line {
        var text: String
        var origin: PreparedSource.Origin
    }

    struct Macro {
        var parameters: [String]
        var body: [Line]
    }

    private let provider: any SourceProvider
    private var variables: [String: BuilderValue]
    private var macros: [String: Macro] = [:]
    private var included: Set<String> = []
    private var size = 0
    private(set) var output: [(text: String, origin: PreparedSource.Origin)] = []
    private(set) var required: [LibraryReference] = []
    private(set) var warnings: [String] = []

    static let deepest = 40
    static let largest = 16 << 20

    init(provider: any SourceProvider, variables: [String: BuilderValue]) {
        self.provider = provider
        self.variables = variables
    }

    func lines(of source: [UInt8], file: String) -> [Line] {
        var result: [Line] = []
        for (index, line) in source.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            let text = line.last == 13 ? line.dropLast() : line
            result.append(
                Line(text: String(decoding: text, as: UTF8.self), origin: .init(file: file, line: index + 1)))
        }
        // A final line break ends the last line; it does not begin another.
        if result.last?.text.isEmpty == true { result.removeLast() }
        return result
    }

    // MARK: Lines

    func process(_ lines: [Line], depth: Int) throws(SourceError) {
        var index = 0
        while index < lines.count {
            let line = lines[index]
            guard depth < PreprocessorRun.deepest else {
                throw SourceError(.nestedTooDeeply, file: line.origin.file, line: line.origin.line)
            }
            index += 1
            if let references = try PreprocessorRun.requirements(line) {
                for reference in references { try require(reference, at: line, depth: depth) }
                continue
            }
            guard let directive = Directive(line.text) else {
                try emit(try insert(line, depth: depth), line)
                continue
            }
            switch directive.keyword {
            case "if":
                try conditional(lines, &index, directive, line, depth: depth)
            case "while", "repeat", "macro":
                let body = try block(lines, &index, directive.keyword, line)
                try repeated(directive, body, line, depth: depth)
            case "else", "elseif", "end", "endif", "endwhile", "endrepeat", "endmacro":
                throw SourceError(
                    .malformed("@\(directive.keyword) stands without its beginning"), file: line.origin.file,
                    line: line.origin.line)
            default:
                try simple(directive, line, depth: depth)
            }
        }
    }

    private func emit(_ text: String, _ line: Line) throws(SourceError) {
        size += text.utf8.count + 1
        guard size <= PreprocessorRun.largest else {
            throw SourceError(.tooLarge, file: line.origin.file, line: line.origin.line)
        }
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
            output.append((String(part), line.origin))
        }
    }

    private func malformed(_ message: String, _ line: Line) -> SourceError {
        SourceError(.malformed(message), file: line.origin.file, line: line.origin.line)
    }

    private func evaluate(_ text: String, _ line: Line, depth: Int) throws(SourceError) -> BuilderValue {
        let scope = BuilderExpression.Scope(
            variables: variables, file: line.origin.file, line: line.origin.line,
            call: { (name, arguments) throws(SourceError) -> BuilderValue? in
                if name == "include" {
                    return .string(try self.inclusion(arguments.first?.description ?? "", line, depth: depth))
                }
                guard let macro = self.macros[name] else { return nil }
                return .string(try self.expansion(of: macro, arguments, depth: depth))
            })
        return try BuilderExpression.evaluate(text, scope)
    }

    private func simple(_ directive: Directive, _ line: Line, depth: Int) throws(SourceError) {
        let rest = directive.rest
        switch directive.keyword {
        case "set":
            let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" })
            var value = rest.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
            if value.hasPrefix("="), !value.hasPrefix("==") { value = value.dropFirst() }
            guard !name.isEmpty else { throw malformed("@set needs a name and a value", line) }
            variables[name] = try evaluate(String(value), line, depth: depth)
        case "include":
            try include(rest, line, depth: depth)
        case "error":
            let text = try evaluate(rest, line, depth: depth).description
            throw SourceError(.raised(text), file: line.origin.file, line: line.origin.line)
        case "warning":
            let text = try evaluate(rest, line, depth: depth).description
            warnings.append("\(line.origin.file):\(line.origin.line): \(text)")
        default:
            break
        }
    }

    // MARK: Including

    private func include(_ text: String, _ line: Line, depth: Int) throws(SourceError) {
        var text = text
        var once = false
        if text.hasPrefix("once ") || text.hasPrefix("once\t") {
            once = true
            text = String(text.dropFirst(5))
        }
        if let macro = Directive.callee(text), let known = macros[macro] {
            let arguments = try arguments(of: text, line, depth: depth)
            try withArguments(known, arguments) { () throws(SourceError) in
                try self.process(known.body, depth: depth + 1)
            }
            return
        }
        let name = try evaluate(text, line, depth: depth).description
        if once && included.contains(name) { return }
        let source = try lookUp(name, line)
        included.insert(name)
        try process(lines(of: source, file: name), depth: depth + 1)
    }

    private func lookUp(_ name: String, _ line: Line) throws(SourceError) -> [UInt8] {
        if let source = provider.source(named: name) { return source }
        let isRemote =
            name.contains("://") || name.hasPrefix("github:") || name.hasPrefix("git-")
            || name.hasPrefix("bitbucket-server:")
        throw SourceError(
            isRemote ? .remoteInclude(name) : .missingInclude(name), file: line.origin.file,
            line: line.origin.line)
    }

    /// The text of a file in place of `@{include("…")}`, prepared like all others.
    private func inclusion(_ name: String, _ line: Line, depth: Int) throws(SourceError) -> String {
        let source = try lookUp(name, line)
        return try captured { () throws(SourceError) in
            try self.process(self.lines(of: source, file: name), depth: depth + 1)
        }
    }

    private func expansion(
        of macro: Macro, _ arguments: [BuilderValue], depth: Int
    ) throws(SourceError) -> String {
        try captured { () throws(SourceError) in
            try self.withArguments(macro, arguments) { () throws(SourceError) in
                try self.process(macro.body, depth: depth + 1)
            }
        }
    }

    /// Runs `body` with the output going to a text.
    private func captured(_ body: () throws(SourceError) -> Void) throws(SourceError) -> String {
        let start = output.count
        try body()
        let text = output[start...].map(\.text).joined(separator: "\n")
        output.removeSubrange(start...)
        return text
    }

    private func withArguments(
        _ macro: Macro, _ arguments: [BuilderValue], _ body: () throws(SourceError) -> Void
    ) throws(SourceError) {
        let saved = variables
        for (index, parameter) in macro.parameters.enumerated() {
            variables[parameter] = index < arguments.count ? arguments[index] : nil
        }
        defer {
            for parameter in macro.parameters { variables[parameter] = saved[parameter] }
        }
        try body()
    }

    private func arguments(of text: String, _ line: Line, depth: Int) throws(SourceError) -> [BuilderValue] {
        // The macro's name is looked up like a function's, so its call is read as an expression.
        var found: [BuilderValue] = []
        let scope = BuilderExpression.Scope(
            variables: variables, file: line.origin.file, line: line.origin.line,
            call: { (_, arguments) throws(SourceError) -> BuilderValue? in
                found = arguments
                return .null
            })
        _ = try BuilderExpression.evaluate(text, scope)
        return found
    }

    // MARK: Requirements

    /// The libraries of a `#require` line; nil for any other line.
    static func requirements(_ line: Line) throws(SourceError) -> [LibraryReference]? {
        let text = line.text.drop { $0 == " " || $0 == "\t" }
        guard text.hasPrefix("#require") else { return nil }
        let parts = text.dropFirst("#require".count).split(separator: "\"", omittingEmptySubsequences: false)
        var references: [LibraryReference] = []
        for (index, part) in parts.enumerated() where index % 2 == 1 {
            let pieces = part.split(separator: ":", maxSplits: 1)
            if let name = pieces.first, !name.isEmpty {
                references.append(
                    LibraryReference(name: String(name), version: pieces.count > 1 ? String(pieces[1]) : ""))
            }
        }
        guard !references.isEmpty, parts.count % 2 == 1 else {
            throw SourceError(
                .malformed("#require needs names in quotes, as in #require \"Promise.lib.nut:4.0.0\""),
                file: line.origin.file, line: line.origin.line)
        }
        return references
    }

    private func require(_ reference: LibraryReference, at line: Line, depth: Int) throws(SourceError) {
        if required.contains(reference) { return }
        required.append(reference)
        for candidate in reference.candidates {
            if let source = provider.source(named: candidate) {
                try process(lines(of: source, file: reference.name), depth: depth + 1)
                return
            }
        }
        throw SourceError(
            .missingLibrary(reference.description, tried: reference.candidates), file: line.origin.file,
            line: line.origin.line)
    }

    // MARK: Blocks

    /// The lines up to the end of the block that just began.
    private func block(
        _ lines: [Line], _ index: inout Int, _ keyword: String, _ start: Line
    ) throws(SourceError) -> [Line] {
        var body: [Line] = []
        var open: [String] = []
        while index < lines.count {
            let line = lines[index]
            index += 1
            if let directive = Directive(line.text) {
                if ["if", "while", "repeat", "macro"].contains(directive.keyword) {
                    open.append(directive.keyword)
                }
                if directive.keyword.hasPrefix("end") {
                    guard let last = open.popLast() else {
                        if directive.keyword == "end" || directive.keyword == "end\(keyword)" { return body }
                        throw malformed("@\(directive.keyword) does not end @\(keyword)", line)
                    }
                    if directive.keyword != "end" && directive.keyword != "end\(last)" {
                        throw malformed("@\(directive.keyword) does not end @\(last)", line)
                    }
                }
            }
            body.append(line)
        }
        throw malformed("@\(keyword) has no @end", start)
    }

    private func conditional(
        _ lines: [Line], _ index: inout Int, _ directive: Directive, _ start: Line, depth: Int
    ) throws(SourceError) {
        let body = try block(lines, &index, "if", start)
        var isTaken = try evaluate(directive.rest, start, depth: depth).isTruthy
        var wasTaken = isTaken
        var chosen: [Line] = []
        var level = 0
        for line in body {
            if let inner = Directive(line.text) {
                if level == 0, inner.keyword == "else" || inner.keyword == "elseif" {
                    isTaken = false
                    if !wasTaken {
                        isTaken =
                            inner.keyword == "else"
                            ? true : try evaluate(inner.rest, line, depth: depth).isTruthy
                    }
                    wasTaken = wasTaken || isTaken
                    continue
                }
                if ["if", "while", "repeat", "macro"].contains(inner.keyword) { level += 1 }
                if inner.keyword.hasPrefix("end") { level -= 1 }
            }
            if isTaken { chosen.append(line) }
        }
        try process(chosen, depth: depth + 1)
    }

    private func repeated(
        _ directive: Directive, _ body: [Line], _ line: Line, depth: Int
    ) throws(SourceError) {
        if directive.keyword == "macro" {
            guard let name = Directive.callee(directive.rest), let open = directive.rest.firstIndex(of: "("),
                let close = directive.rest.lastIndex(of: ")"), open < close
            else { throw malformed("@macro needs a name and parameters, as in @macro log(text)", line) }
            let list = directive.rest[directive.rest.index(after: open)..<close]
            let parameters: [String] = list.split(separator: ",").map { part in
                String(part.filter { $0 != " " && $0 != "\t" })
            }
            macros[name] = Macro(parameters: parameters, body: body)
            return
        }
        var count = Int.max
        if directive.keyword == "repeat" {
            let number = try evaluate(directive.rest, line, depth: depth).number
            count = number.isNaN ? 0 : Int(max(0, min(number, 1e6)))
        }
        let saved = (variables["loop.index"], variables["loop.iteration"])
        var round = 0
        while round < count {
            variables["loop.index"] = .number(Double(round))
            variables["loop.iteration"] = .number(Double(round + 1))
            if directive.keyword == "while", !(try evaluate(directive.rest, line, depth: depth)).isTruthy {
                break
            }
            guard round < 1_000_000 else { throw malformed("@while does not end", line) }
            try process(body, depth: depth + 1)
            round += 1
        }
        (variables["loop.index"], variables["loop.iteration"]) = saved
    }

    // MARK: Insertions

    /// Replaces every `@{…}` of a line.
    private func insert(_ line: Line, depth: Int) throws(SourceError) -> String {
        guard line.text.contains("@{") else { return line.text }
        var result = ""
        var rest = line.text[...]
        while let start = rest.firstRange(of: "@{") {
            result += rest[..<start.lowerBound]
            var level = 1
            var end = start.upperBound
            while end < rest.endIndex {
                if rest[end] == "{" { level += 1 }
                if rest[end] == "}" { level -= 1 }
                if level == 0 { break }
                end = rest.index(after: end)
            }
            guard end < rest.endIndex else { throw malformed("@{ has no }", line) }
            let expression = String(rest[start.upperBound..<end])
            let value = try evaluate(expression, line, depth: depth)
            if value == .null {
                throw SourceError(
                    .undefined(expression), file: line.origin.file, line: line.origin.line)
            }
            result += value.description
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

extension Substring {
    /// The first place of a short text.
    fileprivate func firstRange(of part: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
