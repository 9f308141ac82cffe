import Imp003

/// One thing that is wrong in a station folder: where, what was found, what is allowed, what to do.
public struct ConfigProblem: Error, Sendable, Hashable, Codable {
    /// The stable name of this kind of problem.
    public let code: ConfigCode
    /// `.error` keeps the station from starting; `.warning` does not.
    public let severity: Severity
    /// The file, relative to the station folder.
    public let file: String
    /// Line, counted from 1; 0 when the problem concerns the whole file.
    public let line: Int
    /// Column in Unicode scalars, counted from 1; 0 when the problem concerns the whole line or file.
    public let column: Int
    /// Keys from the top of the file to the value: `flash.images[1].sha256`. Empty for the file itself.
    public let path: String
    /// What was found, as a phrase or a whole sentence.
    public let found: String
    /// What is allowed; empty when `found` already says it.
    public let allowed: String
    /// What to do next, one sentence.
    public let remedy: String
    /// The code of the module's own finding (`NV012`, `RG001`) when the module's rules found this.
    public let finding: String?
}

extension ConfigProblem: CustomStringConvertible {
    /// `skus/a.yaml:12:5: error CFG044: region: found …; allowed …. What to do.`
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line)" }
        if column > 0 { text += ":\(column)" }
        text += ": \(severity == .error ? "error" : "warning") \(code.rawValue)"
        if let finding { text += " (\(finding))" }
        text += ": "
        if !path.isEmpty { text += "\(path): " }
        text += allowed.isEmpty ? found : "found \(found); allowed \(allowed)"
        if !text.hasSuffix(".") { text += "." }
        if !remedy.isEmpty { text += " \(remedy)" }
        return text
    }
}

extension ConfigProblem: Comparable {
    /// By file, then line, column and code: the order in which a person mends a folder.
    public static func < (left: ConfigProblem, right: ConfigProblem) -> Bool {
        if left.file != right.file { return left.file < right.file }
        if left.line != right.line { return left.line < right.line }
        if left.column != right.column { return left.column < right.column }
        if left.code != right.code { return left.code.rawValue < right.code.rawValue }
        return left.found < right.found
    }
}

extension Sequence<ConfigProblem> {
    /// Whether any of them keeps the station from starting.
    public var hasErrors: Bool { contains { $0.severity == .error } }
}

/// Gathers problems while a folder is read. The same problem, met again through another SKU that inherits the
/// same line, counts once.
final class ProblemCollector {
    private(set) var problems: Set<ConfigProblem> = []

    var sorted: [ConfigProblem] { problems.sorted() }

    func report(
        _ code: ConfigCode, _ severity: Severity = .error, at origin: Origin, path: String = "",
        found: String, allowed: String = "", remedy: String = "", finding: String? = nil
    ) {
        problems.insert(
            ConfigProblem(
                code: code, severity: severity, file: origin.file, line: origin.line, column: origin.column,
                path: path, found: found, allowed: allowed, remedy: remedy, finding: finding))
    }
}
