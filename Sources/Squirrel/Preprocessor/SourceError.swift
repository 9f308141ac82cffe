/// Why a source could not be prepared for the compiler, and where.
public struct SourceError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Problem: Equatable, Sendable {
        /// A `#require` that no folder answers; the names that were looked for.
        case missingLibrary(String, tried: [String])
        /// An `@include` that no folder answers.
        case missingInclude(String)
        /// `@include` from the network or a version store.
        case remoteInclude(String)
        case nestedTooDeeply
        case tooLarge
        /// `@{…}` of a variable that has no value.
        case undefined(String)
        case malformed(String)
        /// The program's own `@error`.
        case raised(String)
    }

    public var problem: Problem
    public var file: String
    public var line: Int

    public init(_ problem: Problem, file: String, line: Int) {
        self.problem = problem
        self.file = file
        self.line = line
    }

    /// The sentence without the place.
    public var message: String {
        switch problem {
        case .missingLibrary(let name, let tried):
            "library \"\(name)\" was not found: put it into a library folder under one of the names \(tried.joined(separator: ", "))"
        case .missingInclude(let name):
            "\"\(name)\" was not found in any include folder"
        case .remoteInclude(let name):
            "\"\(name)\" lies on the network, which is not asked: put a copy into an include folder under that name"
        case .nestedTooDeeply:
            "includes, macros and loops are nested deeper than 40 levels; is there a circle?"
        case .tooLarge: "the prepared source is larger than 16 MB"
        case .undefined(let name): "variable '\(name)' has no value: give it one with @set or when calling"
        case .malformed(let text): text
        case .raised(let text): text
        }
    }

    /// `file:line: message`
    public var description: String { "\(file):\(line): \(message)" }
}
