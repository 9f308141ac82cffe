/// One active function of a call stack.
public struct StackFrame: Equatable, Sendable, CustomStringConvertible {
    /// The function's name; `main` for a file, `unknown` for a nameless function.
    public var function: String
    /// The name under which the source was compiled, or `NATIVE`.
    public var file: String
    /// From 1; 0 for natives.
    public var line: Int

    public init(function: String, file: String, line: Int) {
        self.function = function
        self.file = file
        self.line = line
    }

    /// `function file:line`
    public var description: String {
        line > 0 ? "\(function) \(file):\(line)" : "\(function) \(file)"
    }
}

/// Why a call into a machine did not return.
///
/// Unchecked, because every `Error` must be Sendable and this one may carry an object of its machine: like all of
/// the machine's objects it stays with the thread of the machine.
public struct SquirrelError: Error, CustomStringConvertible, @unchecked Sendable {
    public enum Cause: Equatable, Sendable {
        /// The program, a native or the machine raised an exception that nobody caught.
        case thrown
        /// The memory limit was reached, cycles already collected.
        case outOfMemory
        /// `SquirrelVM.instructionLimit` was reached.
        case instructionLimit
        /// The host's hook said so.
        case stopped(String)
    }

    public var cause: Cause
    /// What was thrown; null for the other causes.
    public var value: SquirrelValue
    /// What was thrown, as text.
    public var message: String
    /// Where, innermost first.
    public var callStack: [StackFrame]

    init(cause: Cause, value: SquirrelValue, message: String, callStack: [StackFrame]) {
        self.cause = cause
        self.value = value
        self.message = message
        self.callStack = callStack
    }

    /// An exception for a native to throw: a message.
    public static func thrown(_ message: String) -> SquirrelError {
        SquirrelError(cause: .thrown, value: .text(message), message: message, callStack: [])
    }

    /// An exception for a native to throw: any value.
    public static func thrown(value: SquirrelValue) -> SquirrelError {
        let message: String
        switch value {
        case .string(let string): message = string.text
        case .integer(let integer): message = "\(integer)"
        case .float(let float):
            message = String(decoding: NumberText.format(Double(float), digits: 6), as: UTF8.self)
        default: message = value.typeName
        }
        return SquirrelError(cause: .thrown, value: value, message: message, callStack: [])
    }

    /// Whether the run is over for good: no `catch` of the program sees such an error.
    public var isFatal: Bool { cause != .thrown }

    /// As the module logs it: the message, then the call stack, innermost first.
    public var description: String {
        var lines = ["ERROR: \(message)"]
        for frame in callStack where frame.file != "NATIVE" { lines.append("ERROR:   in \(frame)") }
        return lines.joined(separator: "\n")
    }
}
