extension Compiler {
    /// Expressions with commas between; the last one is the value.
    mutating func commaExpression() throws(CompileError) {
        try expression()
        while at(",") {
            _ = try pop()
            try advance()
            try expression()
        }
    }

    /// An expression with assignment or `? :`. Leaves one operand.
    mutating func expression() throws(CompileError) {
        try descend()
        let (savedTarget, savedKeeps) = (target, keepsSlot)
        target = .value
        keepsSlot = false
        try orExpression()
        switch token {
        case .character(UInt8(ascii: "=")), .newSlot, .plusAssign, .minusAssign, .timesAssign, .divideAssign,
            .moduloAssign:
            try assignment(token, to: target)
        case .character(UInt8(ascii: "?")):
            try choice()
        default:
            break
        }
        (target, keepsSlot) = (savedTarget, savedKeeps)
        ascend()
    }

    private mutating func assignment(_ op: Token, to place: Target) throws(CompileError) {
        switch place {
        case .value: throw error("can't assign expression")
        case .base: throw error("cannot use 'base' as a variable")
        default: break
        }
        try advance()
        try expression()
        switch (op, place) {
        case (.newSlot, .slot):
            try emitStore(.newSlot)
        case (.newSlot, _):
            throw error("can't 'create' a local slot")
        case (.character, .slot):
            try emitStore(.set)
        case (.character, .local(let register)):
            let source = try pop()
            builder.emit(Instruction(.move, a: register, b: source))
        case (.character, .outer(let index)):
            let source = try pop()
            let result = try push()
            builder.emit(
                Instruction(
                    .setOuter, a: result == source ? Instruction.none : result, b: source, d: index))
        case (_, .local(let register)):
            let source = try pop()
            builder.emit(Instruction(op.arithmetic, a: register, b: register, c: source))
        case (_, .outer(let index)):
            let source = try pop()
            // The right side stays where it is while the variable is fetched next to it.
            let held = try push()
            if held != source { builder.emit(Instruction(.move, a: held, b: source)) }
            let value = try push()
            builder.emit(Instruction(.getOuter, a: value, d: index))
            builder.emit(Instruction(op.arithmetic, a: value, b: value, c: held))
            _ = try pop()
            builder.emit(Instruction(.setOuter, a: held, b: value, d: index))
        default:
            let value = try pop()
            let key = try pop()
            let object = try pop()
            let result = try push()
            builder.emit(
                Instruction(
                    .compound, a: result, b: object, c: key,
                    d: value | Int(op.arithmetic.rawValue) << 8))
        }
    }

    private mutating func choice() throws(CompileError) {
        try advance()
        let otherwise = builder.emitJump(Instruction(.jumpIfFalse, a: try pop()))
        builder.fence()
        let result = try push()
        try expression()
        let first = try pop()
        if result != first { builder.emit(Instruction(.move, a: result, b: first)) }
        builder.fence()
        let end = builder.emitJump(Instruction(.jump))
        builder.setJump(at: otherwise, to: builder.position)
        builder.fence()
        try expect(":")
        try expression()
        let second = try pop()
        if result != second { builder.emit(Instruction(.move, a: result, b: second)) }
        builder.setJump(at: end, to: builder.position)
        builder.fence()
    }

    private mutating func orExpression() throws(CompileError) {
        try andExpression()
        guard token == .or else { return }
        try shortCircuit(.or)
    }

    private mutating func andExpression() throws(CompileError) {
        try binary(level: 0)
        while true {
            switch token {
            case .and:
                try shortCircuit(.and)
            case .keyword(.in):
                try advance()
                try binary(level: 0)
                try emitBinary(.exists, swapped: true)
            case .keyword(.instanceof):
                try advance()
                try binary(level: 0)
                try emitBinary(.instanceOf, swapped: true)
            default:
                return
            }
        }
    }

    private mutating func shortCircuit(_ op: Opcode) throws(CompileError) {
        try descend()
        let first = try pop()
        let result = try push()
        builder.fence()
        let jump = builder.emitJump(Instruction(op, a: result, b: first))
        builder.fence()
        try advance()
        if op == .or { try orExpression() } else { try andExpression() }
        builder.fence()
        let second = try pop()
        if result != second { builder.emit(Instruction(.move, a: result, b: second)) }
        builder.fence()
        builder.setJump(at: jump, to: builder.position)
        target = .value
        ascend()
    }

    /// Operators that take two values, from the loosest level up.
    private mutating func binary(level: Int) throws(CompileError) {
        try prefixed()
        try binaryTail(level: level)
    }

    private mutating func binaryTail(level: Int) throws(CompileError) {
        while let (op, strength) = token.binary, strength >= level {
            try advance()
            try prefixed()
            // Whatever binds tighter belongs to the right side.
            if let (_, next) = token.binary, next > strength {
                try descend()
                try binaryTail(level: strength + 1)
                ascend()
            }
            try emitBinary(op)
        }
    }

    private mutating func emitBinary(_ op: Opcode, swapped: Bool = false) throws(CompileError) {
        let right = try pop()
        let left = try pop()
        let result = try push()
        builder.emit(
            Instruction(op, a: result, b: swapped ? right : left, c: swapped ? left : right))
        target = .value
    }

    // MARK: Prefix and postfix

    /// Whether a slot or outer variable has to be fetched now, judging by the token that follows.
    var needsValue: Bool {
        switch token {
        case .character(UInt8(ascii: "=")), .character(UInt8(ascii: "(")), .newSlot, .plusAssign,
            .minusAssign,
            .timesAssign, .divideAssign, .moduloAssign, .increment, .decrement:
            return false
        case .character(UInt8(ascii: ".")), .character(UInt8(ascii: "[")):
            return true
        default:
            return !keepsSlot
        }
    }

    /// A factor and what follows it: `.name`, `[key]`, calls, `++`.
    mutating func prefixed() throws(CompileError) {
        try factor()
        while true {
            switch token {
            case .character(UInt8(ascii: ".")):
                try advance()
                let name = try expectName()
                try pushLiteral(.string(name))
                try afterKey()
            case .character(UInt8(ascii: "[")):
                if lexer.followsLineBreak {
                    throw error("cannot brake deref/or comma needed after [exp]=exp slot declaration")
                }
                try advance()
                try expression()
                try expect("]")
                try afterKey()
            case .increment, .decrement:
                if endsStatement { return }
                try postfix(token == .increment ? 1 : -1)
                return
            case .character(UInt8(ascii: "(")):
                try callSetup()
                target = .value
                try advance()
                try callArguments()
            default:
                return
            }
        }
    }

    /// Object and key are the last operands: fetch, or leave them to what follows.
    private mutating func afterKey() throws(CompileError) {
        if case .base = target {
            try emitGet()
            target = .value
        } else {
            if needsValue { try emitGet() }
            target = .slot
        }
    }

    mutating func emitGet() throws(CompileError) {
        let key = try popOperand()
        if let literal = key.literal {
            let object = try pop()
            builder.emit(Instruction(.getLiteral, a: try push(), b: object, d: literal))
        } else {
            let object = try pop()
            builder.emit(Instruction(.get, a: try push(), b: object, c: key.register))
        }
    }

    /// Stores the last operand under the key in the object before it; the value stays as the result.
    mutating func emitStore(_ op: Opcode) throws(CompileError) {
        let value = try pop()
        let key = try popOperand()
        let object = try pop()
        let result = try push()
        let wanted = result == value ? Instruction.none : result
        if let literal = key.literal {
            if op == .set {
                builder.emit(Instruction(.setLiteral, a: wanted, b: object, c: value, d: literal))
                return
            }
            builder.materialize(key)
        }
        builder.emit(Instruction(op, a: wanted, b: object, c: key.register, d: value))
    }

    private mutating func postfix(_ difference: Int) throws(CompileError) {
        try advance()
        switch target {
        case .value: throw error("can't '++' or '--' an expression")
        case .base: throw error("cannot use 'base' as a variable")
        case .slot:
            let key = try pop()
            let object = try pop()
            builder.emit(Instruction(.postIncrement, a: try push(), b: object, c: key, d: difference))
        case .local:
            let register = try pop()
            builder.emit(Instruction(.postIncrementLocal, a: try push(), b: register, d: difference))
        case .outer(let index):
            let result = try push()
            let value = try push()
            builder.emit(Instruction(.getOuter, a: value, d: index))
            builder.emit(Instruction(.postIncrementLocal, a: result, b: value, d: difference))
            builder.emit(Instruction(.setOuter, a: Instruction.none, b: value, d: index))
            _ = try pop()
        }
        builder.fence()
        target = .value
    }

    mutating func prefixIncrement(_ difference: Int) throws(CompileError) {
        try descend()
        defer { ascend() }
        try advance()
        let savedKeeps = keepsSlot
        keepsSlot = true
        try prefixed()
        switch target {
        case .value: throw error("can't '++' or '--' an expression")
        case .base: throw error("cannot use 'base' as a variable")
        case .slot:
            let key = try pop()
            let object = try pop()
            builder.emit(Instruction(.increment, a: try push(), b: object, c: key, d: difference))
        case .local:
            builder.emit(Instruction(.incrementLocal, a: try top(), d: difference))
        case .outer(let index):
            let value = try push()
            builder.emit(Instruction(.getOuter, a: value, d: index))
            builder.fence()
            builder.emit(Instruction(.incrementLocal, a: value, d: difference))
            builder.emit(Instruction(.setOuter, a: Instruction.none, b: value, d: index))
        }
        builder.fence()
        keepsSlot = savedKeeps
        target = .value
    }

    mutating func deleteExpression() throws(CompileError) {
        try descend()
        defer { ascend() }
        try advance()
        let savedKeeps = keepsSlot
        keepsSlot = true
        try prefixed()
        switch target {
        case .value: throw error("can't delete an expression")
        case .base: throw error("cannot use 'base' as a variable")
        case .slot:
            let key = try pop()
            let object = try pop()
            builder.emit(Instruction(.delete, a: try push(), b: object, c: key))
        case .local, .outer:
            throw error("cannot delete an (outer) local")
        }
        keepsSlot = savedKeeps
        target = .value
    }

    // MARK: Calls

    /// Leaves two operands: the function, and `this` for it.
    private mutating func callSetup() throws(CompileError) {
        switch target {
        case .slot:
            let key = try popOperand()
            let object = try pop()
            let function = try push()
            let this = try push()
            if let literal = key.literal {
                builder.emit(
                    Instruction(.prepareCallLiteral, a: function, b: object, c: this, d: literal))
            } else {
                builder.emit(
                    Instruction(.prepareCall, a: function, b: object, c: key.register, d: this))
            }
        case .outer(let index):
            builder.emit(Instruction(.getOuter, a: try push(), d: index))
            builder.emit(Instruction(.move, a: try push(), b: 0))
        case .value, .base, .local:
            builder.emit(Instruction(.move, a: try push(), b: 0))
        }
    }

    private mutating func callArguments() throws(CompileError) {
        var count = 1
        while !at(")") {
            try expression()
            let argument = try top()
            if builder.isLocal(argument) {
                _ = try pop()
                builder.emit(Instruction(.move, a: try push(), b: argument))
            }
            count += 1
            if at(",") {
                try advance()
                if at(")") { throw error("expression expected, found ')'") }
            }
        }
        try advance()
        for _ in 1..<count { _ = try pop() }
        let this = try pop()
        let function = try pop()
        builder.emit(Instruction(.call, a: try push(), b: function, c: this, d: count))
    }
}

extension Token {
    /// The operation of `+=` and its kin.
    var arithmetic: Opcode {
        switch self {
        case .minusAssign: return .subtract
        case .timesAssign: return .multiply
        case .divideAssign: return .divide
        case .moduloAssign: return .modulo
        default: return .add
        }
    }

    /// The operation of a binary operator, and how tightly it binds.
    var binary: (Opcode, Int)? {
        switch self {
        case .character(let character):
            switch character {
            case UInt8(ascii: "|"): return (.bitOr, 0)
            case UInt8(ascii: "^"): return (.bitXor, 1)
            case UInt8(ascii: "&"): return (.bitAnd, 2)
            case UInt8(ascii: ">"): return (.greater, 4)
            case UInt8(ascii: "<"): return (.less, 4)
            case UInt8(ascii: "+"): return (.add, 6)
            case UInt8(ascii: "-"): return (.subtract, 6)
            case UInt8(ascii: "*"): return (.multiply, 7)
            case UInt8(ascii: "/"): return (.divide, 7)
            case UInt8(ascii: "%"): return (.modulo, 7)
            default: return nil
            }
        case .equal: return (.equal, 3)
        case .notEqual: return (.notEqual, 3)
        case .threeWay: return (.threeWay, 3)
        case .greaterOrEqual: return (.greaterOrEqual, 4)
        case .lessOrEqual: return (.lessOrEqual, 4)
        case .shiftLeft: return (.shiftLeft, 5)
        case .shiftRight: return (.shiftRight, 5)
        case .shiftRightUnsigned: return (.shiftRightUnsigned, 5)
        default: return nil
        }
    }
}
