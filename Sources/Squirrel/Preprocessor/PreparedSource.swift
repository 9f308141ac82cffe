/// A library that a source asks for with `#require "Name:version"`.
public struct LibraryReference: Hashable, Sendable, CustomStringConvertible {
    public var name: String
    public var version: String

    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    public var description: String { version.isEmpty ? name : "\(name):\(version)" }

    /// The names under which a provider is asked, in order.
    public var candidates: [String] {
        var names = version.isEmpty ? [] : ["\(name):\(version)", "\(version)/\(name)"]
        names.append(name)
        if !name.hasSuffix(".nut") { names.append(name + ".nut") }
        return names
    }
}

/// Source text ready to compile, with the way back to the files it came from.
public struct PreparedSource: Sendable {
    public var bytes: [UInt8]
    /// The libraries that went in.
    public var required: [LibraryReference]
    /// What `@warning` said, each with file and line.
    public var warnings: [String]
    private var origins: [Origin]

    struct Origin: Sendable {
        var file: String
        var line: Int
    }

    init(lines: [(text: String, origin: Origin)], required: [LibraryReference], warnings: [String]) {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.text.utf8
            bytes.append(10)
        }
        self.bytes = bytes
        self.required = required
        self.warnings = warnings
        origins = lines.map(\.origin)
    }

    /// The file and line from which a line of the prepared text came.
    /// - Parameter line: from 1; beyond the end counts as the last.
    public func origin(ofLine line: Int) -> (file: String, line: Int) {
        guard !origins.isEmpty else { return ("", line) }
        let origin = origins[min(max(line, 1), origins.count) - 1]
        return (origin.file, origin.line)
    }
}

extension CompileError {
    /// The same error in terms of the original files.
    public func mapped(through source: PreparedSource) -> CompileError {
        let origin = source.origin(ofLine: line)
        return CompileError(message: message, file: origin.file, line: origin.line, column: column)
    }
}

extension SquirrelError {
    /// The same error with the call stack in terms of the original files.
    /// - Parameter name: the name under which the prepared source was compiled; other frames stay as they are.
    public func mapped(through source: PreparedSource, compiledAs name: String) -> SquirrelError {
        var error = self
        error.callStack = callStack.map { frame in
            guard frame.file == name, frame.line > 0 else { return frame }
            let origin = source.origin(ofLine: frame.line)
            return StackFrame(function: frame.function, file: origin.file, line: origin.line)
        }
        return error
    }
}
