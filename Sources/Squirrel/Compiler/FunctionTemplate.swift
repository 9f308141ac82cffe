/// A compiled function before any machine has it: plain data that many machines can take over.
final class FunctionTemplate: Sendable {
    enum Literal: Hashable, Sendable {
        case string([UInt8])
        case integer(Int32)
        case float(UInt32)
        case bool(Bool)
        case null
    }

    /// Where a captured variable comes from when the closure is made.
    struct Outer: Sendable {
        var name: [UInt8]
        /// A register of the enclosing function, or one of its own outers.
        var isLocal: Bool
        var index: Int
    }

    /// A source line and the place from which it holds, in half instructions.
    ///
    /// The odd half stands for a trailing move that the compiler saved: the last real instruction then still
    /// belongs to the line before, as it does upstream.
    struct Line: Sendable {
        var position: Int32
        var line: Int32
    }

    let name: [UInt8]?
    let file: String
    let instructions: [Instruction]
    let literals: [Literal]
    let functions: [FunctionTemplate]
    let outers: [Outer]
    let parameters: [[UInt8]]
    /// Registers of the enclosing function with the default values, for the last parameters.
    let defaults: [Int]
    let lines: [Line]
    let stackSize: Int
    let isVariadic: Bool
    let isGenerator: Bool

    init(
        name: [UInt8]?, file: String, instructions: [Instruction], literals: [Literal],
        functions: [FunctionTemplate], outers: [Outer], parameters: [[UInt8]], defaults: [Int], lines: [Line],
        stackSize: Int, isVariadic: Bool, isGenerator: Bool
    ) {
        self.name = name
        self.file = file
        self.instructions = instructions
        self.literals = literals
        self.functions = functions
        self.outers = outers
        self.parameters = parameters
        self.defaults = defaults
        self.lines = lines
        self.stackSize = stackSize
        self.isVariadic = isVariadic
        self.isGenerator = isGenerator
    }

    /// What entering costs the instruction budget: all instructions outside of loops. Loops charge their
    /// length each time round.
    var entryCost: Int {
        var cost = 1
        var index = instructions.count - 1
        while index >= 0 {
            let instruction = instructions[index]
            if instruction.op == .loop {
                index = min(index, index + 1 + Int(instruction.d))
                cost += 1
            } else {
                cost += 1
            }
            index -= 1
        }
        return cost
    }
}
