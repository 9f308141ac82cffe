extension Compiler {
    static let hasAttributes = 1
    static let isStatic = 2

    mutating func arrayLiteral() throws(CompileError) {
        let index = builder.emitJump(Instruction(.newArray, a: try push()))
        builder.fence()
        var count = 0
        try advance()
        while !at("]") {
            try expression()
            if at(",") { try advance() }
            let value = try pop()
            builder.emit(Instruction(.append, a: try top(), b: value))
            count += 1
        }
        builder.instructions[index].d = Int32(truncatingIfNeeded: count)
        try advance()
        target = .value
    }

    mutating func functionExpression(isLambda: Bool) throws(CompileError) {
        try advance()
        try expect("(")
        let index = try function(named: nil, isLambda: isLambda)
        builder.emit(Instruction(.closure, a: try push(), d: index))
        target = .value
    }

    /// From `extends`, attributes or `{` to the closing brace. Leaves the class as operand.
    mutating func classBody() throws(CompileError) {
        try descend()
        var base = Instruction.none
        var attributes = Instruction.none
        if at(.extends) {
            try advance()
            try expression()
            base = try top()
        }
        if token == .attributesOpen {
            try advance()
            attributes = try attributeTable()
        }
        try expect("{")
        if attributes != Instruction.none { _ = try pop() }
        if base != Instruction.none { _ = try pop() }
        builder.emit(Instruction(.newClass, a: try push(), b: base, c: attributes))
        builder.fence()
        _ = try members(isClass: true, until: .character(UInt8(ascii: "}")))
        ascend()
    }

    /// A table up to `/>`; leaves it as operand and gives its register.
    private mutating func attributeTable() throws(CompileError) -> Int {
        let register = try push()
        let index = builder.emitJump(Instruction(.newTable, a: register))
        builder.fence()
        let count = try members(isClass: false, until: .attributesClose)
        builder.instructions[index].d = Int32(truncatingIfNeeded: count)
        return register
    }

    /// The slots of a table or the members of a class, which is the last operand.
    /// - Returns: how many there are.
    mutating func members(isClass: Bool, until terminator: Token) throws(CompileError) -> Int {
        try descend()
        var count = 0
        while token != terminator {
            var flags = 0
            if isClass {
                if token == .attributesOpen {
                    try advance()
                    _ = try attributeTable()
                    flags |= Compiler.hasAttributes
                }
                if at(.static) {
                    flags |= Compiler.isStatic
                    try advance()
                }
            }
            try member(isClass: isClass)
            if at(isClass ? ";" : ",") { try advance() }
            count += 1
            let value = try pop()
            let key = try popOperand()
            if flags & Compiler.hasAttributes != 0 { _ = try pop() }
            let object = try top()
            if isClass {
                builder.materialize(key)
                builder.emit(Instruction(.newMember, a: flags, b: object, c: key.register, d: value))
            } else if let literal = key.literal {
                builder.emit(Instruction(.newSlotLiteral, b: object, c: value, d: literal))
            } else {
                builder.emit(
                    Instruction(.newSlot, a: Instruction.none, b: object, c: key.register, d: value))
            }
        }
        try advance()
        ascend()
        return count
    }

    /// One key and one value, as the last two operands.
    private mutating func member(isClass: Bool) throws(CompileError) {
        switch token {
        case .keyword(.function), .keyword(.constructor):
            let isFunction = at(.function)
            try advance()
            let name = isFunction ? try expectName() : Array("constructor".utf8)
            try expect("(")
            try pushLiteral(.string(name))
            let index = try function(named: name)
            builder.emit(Instruction(.closure, a: try push(), d: index))
        case .character(UInt8(ascii: "[")):
            try advance()
            try commaExpression()
            // A key that is a variable gets a register of its own, next to the attributes.
            let key = try top()
            if builder.isLocal(key) {
                _ = try pop()
                builder.emit(Instruction(.move, a: try push(), b: key))
            }
            try expect("]")
            try expect("=")
            try expression()
        case .string where !isClass:
            try pushLiteral(.string(lexer.text))
            try advance()
            try expect(":")
            try expression()
        default:
            let name = try expectName()
            try pushLiteral(.string(name))
            try expect("=")
            try expression()
        }
    }
}
