extension Compiler {
    /// The smallest piece of an expression; leaves one operand, or two for a slot.
    mutating func factor() throws(CompileError) {
        target = .value
        switch token {
        case .string:
            let literal = builder.literal(.string(lexer.text))
            builder.emit(Instruction(.loadLiteral, a: try push(), d: literal))
            try advance()
        case .integer:
            try loadInteger(lexer.integer)
            try advance()
        case .float:
            try loadFloat(lexer.float)
            try advance()
        case .identifier, .keyword(.constructor), .keyword(.this):
            try variable()
        case .doubleColon:
            builder.emit(Instruction(.loadRoot, a: try push()))
            target = .slot
            // What follows is a name, as after a dot.
            token = .character(UInt8(ascii: "."))
        case .keyword(let keyword):
            try keywordFactor(keyword)
        case .increment: try prefixIncrement(1)
        case .decrement: try prefixIncrement(-1)
        case .character(let character):
            try characterFactor(character)
        default:
            throw error("expression expected")
        }
    }

    private mutating func keywordFactor(_ keyword: Keyword) throws(CompileError) {
        switch keyword {
        case .base:
            try advance()
            builder.emit(Instruction(.loadBase, a: try push()))
            target = .base
        case .null:
            builder.emit(Instruction(.loadNull, a: try push(), d: 1))
            try advance()
        case .true, .false:
            builder.emit(Instruction(.loadBool, a: try push(), b: keyword == .true ? 1 : 0))
            try advance()
        case .function: try functionExpression(isLambda: false)
        case .class:
            try advance()
            try classBody()
            target = .value
        case .typeof: try unary(.typeOf)
        case .resume: try unary(.resume)
        case .clone: try unary(.clone)
        case .delete: try deleteExpression()
        default: throw error("expression expected")
        }
    }

    private mutating func characterFactor(_ character: UInt8) throws(CompileError) {
        switch character {
        case UInt8(ascii: "["):
            try arrayLiteral()
        case UInt8(ascii: "{"):
            let index = builder.emitJump(Instruction(.newTable, a: try push()))
            builder.fence()
            try advance()
            let count = try members(isClass: false, until: .character(UInt8(ascii: "}")))
            builder.instructions[index].d = Int32(truncatingIfNeeded: count)
            target = .value
        case UInt8(ascii: "@"):
            try functionExpression(isLambda: true)
        case UInt8(ascii: "("):
            try advance()
            try commaExpression()
            try expect(")")
            target = .value
        case UInt8(ascii: "!"):
            try unary(.not)
        case UInt8(ascii: "-"):
            try advance()
            switch token {
            case .integer:
                try loadInteger(0 &- lexer.integer)
                try advance()
            case .float:
                try loadFloat(-lexer.float)
                try advance()
            default:
                try unaryOperand(.negate)
            }
        case UInt8(ascii: "~"):
            try advance()
            if token == .integer {
                try loadInteger(~lexer.integer)
                try advance()
            } else {
                try unaryOperand(.bitNot)
            }
        default:
            throw error("expression expected")
        }
    }

    private mutating func unary(_ op: Opcode) throws(CompileError) {
        try advance()
        try unaryOperand(op)
    }

    private mutating func unaryOperand(_ op: Opcode) throws(CompileError) {
        try descend()
        try prefixed()
        let source = try pop()
        builder.emit(Instruction(op, a: try push(), b: source))
        target = .value
        ascend()
    }

    private func loadInteger(_ value: Int32) throws(CompileError) {
        builder.emit(Instruction(.loadInteger, a: try push(), d: Int(value)))
    }

    private func loadFloat(_ value: Float) throws(CompileError) {
        builder.emit(
            Instruction(.loadFloat, a: try push(), d: Int(Int32(bitPattern: value.bitPattern))))
    }

    private mutating func variable() throws(CompileError) {
        let name = at(.this) ? Array("this".utf8) : lexer.text
        try advance()
        if let register = builder.local(named: name) {
            builder.push(register: register)
            target = .local(register)
        } else if let index = builder.outer(named: name) {
            if needsValue {
                builder.emit(Instruction(.getOuter, a: try push(), d: index))
            } else {
                target = .outer(index)
            }
        } else if let constant = constants[name] {
            try loadConstant(constant, named: name)
        } else {
            builder.push(register: 0)
            try pushLiteral(.string(name))
            if needsValue { try emitGet() }
            target = .slot
        }
    }

    private mutating func loadConstant(_ constant: Constants.Entry, named name: [UInt8]) throws(CompileError)
    {
        let value: FunctionTemplate.Literal
        switch constant {
        case .scalar(let scalar):
            value = scalar
        case .enumeration(let members):
            try expect(".")
            let member = try expectName()
            guard let found = members[member] else {
                throw error(
                    "invalid constant [\(String(decoding: name, as: UTF8.self)).\(String(decoding: member, as: UTF8.self))]"
                )
            }
            value = found
        }
        switch value {
        case .integer(let integer): try loadInteger(integer)
        case .float(let pattern): try loadFloat(Float(bitPattern: pattern))
        case .bool(let bool): builder.emit(Instruction(.loadBool, a: try push(), b: bool ? 1 : 0))
        case .null: builder.emit(Instruction(.loadNull, a: try push(), d: 1))
        case .string:
            let literal = builder.literal(value)
            builder.emit(Instruction(.loadLiteral, a: try push(), d: literal))
        }
    }
}
