/// Why a source text could not be compiled, and where.
public struct CompileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The compiler's sentence, as Squirrel 3.0.4 words it.
    public var message: String
    /// The name under which the source was compiled.
    public var file: String
    /// From 1; the line the compiler had read up to.
    public var line: Int
    /// Characters read on that line.
    public var column: Int

    public init(message: String, file: String, line: Int, column: Int) {
        self.message = message
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line: message`
    public var description: String { "\(file):\(line): \(message)" }
}
