/// One function while it is being compiled: its registers, operands, instructions and captured variables.
///
/// Registers are handed out like a stack. A named one is a local variable, a nameless one holds an
/// intermediate result. The operand stack says which registers the expression at hand has filled.
final class FunctionBuilder {
    typealias Name = [UInt8]

    struct Register {
        var name: Name?
        var isCaptured = false
    }

    /// A result that is waiting for its use; a literal may wait without having been loaded.
    struct Operand {
        var register: Int
        var literal: Int?
    }

    /// A loop or switch that `break` or `continue` leaves.
    struct Breakable {
        var isLoop: Bool
        /// Exception traps set inside of it so far.
        var traps = 0
        var breakScope: Int
        var continueScope: Int
        var breaks: [Int] = []
        var continues: [Int] = []
    }

    let parent: FunctionBuilder?
    let file: String
    var name: Name?
    var registers: [Register] = []
    var operands: [Operand] = []
    var instructions: [Instruction] = []
    var breakables: [Breakable] = []
    var functions: [FunctionTemplate] = []
    var parameters: [Name] = []
    var defaults: [Int] = []
    var isVariadic = false
    var isGenerator = false
    var traps = 0
    /// Captured registers alive.
    private(set) var capturedCount = 0
    private var literals: [FunctionTemplate.Literal] = []
    private var literalIndex: [FunctionTemplate.Literal: Int] = [:]
    private var outers: [FunctionTemplate.Outer] = []
    private var lines: [FunctionTemplate.Line] = []
    private var lastLine = 0
    private var stackSize = 0
    /// No instruction before this index may be merged with a later one: something may jump between them.
    private var barrier = 0
    /// How many instructions there were when the last saved move would have stood.
    private var savedMove = -1

    init(parent: FunctionBuilder?, file: String) {
        self.parent = parent
        self.file = file
    }

    /// Why a function cannot be built; the compiler adds the place.
    struct Limit: Error {
        var message: String
    }

    // MARK: Registers and operands

    private func grow() throws(Limit) {
        if registers.count > stackSize {
            if stackSize >= 250 { throw Limit(message: "internal compiler error: too many locals") }
            stackSize = registers.count
        }
    }

    /// A new nameless register for a result.
    @discardableResult
    func push() throws(Limit) -> Int {
        registers.append(Register())
        try grow()
        operands.append(Operand(register: registers.count - 1))
        return registers.count - 1
    }

    /// A register that already holds the operand.
    func push(register: Int) {
        operands.append(Operand(register: register))
    }

    /// A literal that will be loaded only if the instruction that uses it cannot carry it.
    func push(literal: Int) throws(Limit) {
        let register = try push()
        operands[operands.count - 1] = Operand(register: register, literal: literal)
    }

    /// Takes the last operand away; a pending literal stays pending.
    func popOperand() throws(Limit) -> Operand {
        guard let operand = operands.popLast(), operand.register < registers.count else {
            throw Limit(message: "internal compiler error: expression out of balance")
        }
        if registers[operand.register].name == nil { registers.removeLast() }
        return operand
    }

    /// Takes the last operand away, loaded.
    func pop() throws(Limit) -> Int {
        let operand = try popOperand()
        materialize(operand)
        return operand.register
    }

    func materialize(_ operand: Operand) {
        if let literal = operand.literal {
            emit(Instruction(.loadLiteral, a: operand.register, d: literal))
        }
    }

    func top() throws(Limit) -> Int {
        guard let operand = operands.last else {
            throw Limit(message: "internal compiler error: expression out of balance")
        }
        if operand.literal != nil {
            materialize(operand)
            operands[operands.count - 1].literal = nil
        }
        return operand.register
    }

    func isLocal(_ register: Int) -> Bool {
        register < registers.count && registers[register].name != nil
    }

    @discardableResult
    func declare(_ name: Name) throws(Limit) -> Int {
        registers.append(Register(name: name))
        try grow()
        return registers.count - 1
    }

    func addParameter(_ name: Name) throws(Limit) {
        try declare(name)
        parameters.append(name)
    }

    func local(named name: Name) -> Int? {
        registers.lastIndex { $0.name == name }
    }

    /// Ends scopes: drops the registers from `count` on.
    func shrink(to count: Int) {
        while registers.count > count {
            if registers[registers.count - 1].isCaptured { capturedCount -= 1 }
            registers.removeLast()
        }
    }

    func hasCaptured(from register: Int) -> Bool {
        registers.dropFirst(register).contains { $0.isCaptured }
    }

    /// The index of a captured variable, made on first use.
    func outer(named name: Name) -> Int? {
        if let known = outers.firstIndex(where: { $0.name == name }) { return known }
        guard let parent else { return nil }
        if let register = parent.local(named: name) {
            if !parent.registers[register].isCaptured {
                parent.registers[register].isCaptured = true
                parent.capturedCount += 1
            }
            outers.append(.init(name: name, isLocal: true, index: register))
        } else if let index = parent.outer(named: name) {
            outers.append(.init(name: name, isLocal: false, index: index))
        } else {
            return nil
        }
        return outers.count - 1
    }

    func literal(_ literal: FunctionTemplate.Literal) -> Int {
        if let known = literalIndex[literal] { return known }
        literals.append(literal)
        literalIndex[literal] = literals.count - 1
        return literals.count - 1
    }

    // MARK: Instructions

    var position: Int { instructions.count }

    /// Marks a place that something jumps to, or where a statement ends.
    func fence() {
        barrier = instructions.count
    }

    func setJump(at index: Int, to target: Int) {
        instructions[index].d = Int32(truncatingIfNeeded: target - index - 1)
        // A `continue` of a while loop leads back: it too feeds the instruction budget, or nothing could stop it.
        if target <= index, instructions[index].op == .jump { instructions[index].op = .loop }
    }

    /// A jump back; it also feeds the instruction budget.
    func emitLoop(to target: Int) {
        append(Instruction(.loop, d: target - instructions.count - 1))
        fence()
    }

    /// A jump whose target comes later.
    func emitJump(_ instruction: Instruction) -> Int {
        emit(instruction)
        return instructions.count - 1
    }

    func beginLine(_ line: Int) {
        guard lastLine != line else { return }
        let half = savedMove == instructions.count ? 1 : 0
        lines.append(.init(position: Int32(instructions.count * 2 + half), line: Int32(line)))
        lastLine = line
    }

    private func append(_ instruction: Instruction) {
        instructions.append(instruction)
    }

    /// The last instruction, if nothing can jump to the place after it.
    private var mergeable: Instruction? {
        instructions.count > barrier ? instructions.last : nil
    }

    private func replaceLast(_ instruction: Instruction) {
        instructions[instructions.count - 1] = instruction
    }

    /// Adds an instruction, or makes one out of it and the one before.
    func emit(_ instruction: Instruction) {
        guard let last = mergeable else {
            append(instruction)
            return
        }
        switch instruction.op {
        case .move:
            if last.a == instruction.b, instruction.a != instruction.b, !isLocal(Int(last.a)),
                let saves = last.op.resultMoves
            {
                var merged = last
                merged.a = instruction.a
                replaceLast(merged)
                if saves == .silently { savedMove = instructions.count }
                fence()
                return
            }
            if last.op == .move {
                replaceLast(
                    Instruction(
                        .moveTwo, a: Int(last.a), b: Int(last.b), c: Int(instruction.a), d: Int(instruction.b)
                    ))
                return
            }
        case .loadNull:
            if last.op == .loadNull, Int(last.a) + Int(last.d) == Int(instruction.a) {
                var merged = last
                merged.d += instruction.d
                replaceLast(merged)
                return
            }
        case .append:
            if last.a == instruction.b, !isLocal(Int(last.a)) {
                if last.op == .loadLiteral {
                    replaceLast(Instruction(.appendLiteral, a: Int(instruction.a), d: Int(last.d)))
                    return
                }
                if last.op == .loadInteger {
                    replaceLast(Instruction(.appendInteger, a: Int(instruction.a), d: Int(last.d)))
                    return
                }
            }
        case .jumpIfFalse:
            if let merged = fuse(last, jump: instruction) {
                replaceLast(merged)
                return
            }
        case .return:
            if last.op == .close {
                replaceLast(instruction)
                return
            }
        default:
            if last.op == .loadInteger, last.a == instruction.c, !isLocal(Int(last.a)),
                let immediate = instruction.op.withInteger
            {
                replaceLast(
                    Instruction(immediate, a: Int(instruction.a), b: Int(instruction.b), d: Int(last.d)))
                return
            }
            if last.op == .loadLiteral, last.a == instruction.c, !isLocal(Int(last.a)),
                instruction.op == .equal || instruction.op == .notEqual
            {
                replaceLast(
                    Instruction(
                        instruction.op == .equal ? .equalLiteral : .notEqualLiteral, a: Int(instruction.a),
                        b: Int(instruction.b), d: Int(last.d)))
                return
            }
        }
        append(instruction)
    }

    /// A comparison into a nameless register and the jump on it become one; comparing with a small number that
    /// was loaded just before, too.
    private func fuse(_ comparison: Instruction, jump: Instruction) -> Instruction? {
        guard comparison.a == jump.a, !isLocal(Int(jump.a)), let fused = comparison.op.fusedJump else {
            return nil
        }
        if instructions.count - 1 > barrier {
            let load = instructions[instructions.count - 2]
            if load.op == .loadInteger, load.a == comparison.c, !isLocal(Int(load.a)), comparison.b != load.a,
                Int32(Int16(truncatingIfNeeded: load.d)) == load.d, let immediate = fused.withImmediate
            {
                instructions.removeLast()
                var merged = Instruction(immediate, a: Int(comparison.b), d: Int(jump.d))
                merged.setImmediate(Int(load.d))
                return merged
            }
        }
        return Instruction(fused, b: Int(comparison.b), c: Int(comparison.c), d: Int(jump.d))
    }

    /// The value of the last expression statement is not wanted.
    func discardResult() throws(Limit) {
        let operand = try popOperand()
        guard let last = mergeable, Int(last.a) == operand.register else { return }
        switch last.op {
        case .set, .setLiteral, .newSlot, .setOuter, .call:
            instructions[instructions.count - 1].a = UInt8(Instruction.none)
        case .postIncrementLocal where !isLocal(operand.register):
            // Nobody looks at the old value.
            replaceLast(Instruction(.incrementLocal, a: Int(last.b), d: Int(last.d)))
        default:
            break
        }
    }

    /// Turns the call that was just emitted into one that reuses this frame, if that is what it is.
    func makeTailCall(from start: Int) {
        guard parent != nil, let last = mergeable, last.op == .call, start < instructions.count - 1 else {
            return
        }
        instructions[instructions.count - 1].op = .tailCall
    }

    /// Cuts out the instructions from `start` on, to be put elsewhere; their jumps stay among themselves.
    func cut(from start: Int) -> [Instruction] {
        let tail = Array(instructions[start...])
        instructions.removeSubrange(start...)
        fence()
        return tail
    }

    func paste(_ tail: [Instruction]) {
        fence()
        instructions += tail
        fence()
    }

    func finish() -> FunctionTemplate {
        FunctionTemplate(
            name: name, file: file, instructions: instructions, literals: literals, functions: functions,
            outers: outers, parameters: parameters, defaults: defaults, lines: lines,
            stackSize: max(stackSize, 1),
            isVariadic: isVariadic, isGenerator: isGenerator)
    }
}
