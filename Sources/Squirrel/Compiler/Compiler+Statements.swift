extension Compiler {
    /// One statement, without its separator.
    mutating func statement(closesScope: Bool = true) throws(CompileError) {
        try descend()
        defer { ascend() }
        builder.beginLine(lexer.line)
        switch token {
        case .character(UInt8(ascii: ";")):
            try advance()
        case .character(UInt8(ascii: "{")):
            let outer = beginScope()
            try advance()
            try statements()
            try expect("}")
            endScope(outer, closing: closesScope)
        case .keyword(.if): try ifStatement()
        case .keyword(.while): try whileStatement()
        case .keyword(.do): try doStatement()
        case .keyword(.for): try forStatement()
        case .keyword(.foreach): try forEachStatement()
        case .keyword(.switch): try switchStatement()
        case .keyword(.local): try localStatement()
        case .keyword(.return): try returnStatement(.return)
        case .keyword(.yield): try returnStatement(.yield)
        case .keyword(.break): try leaveStatement(isBreak: true)
        case .keyword(.continue): try leaveStatement(isBreak: false)
        case .keyword(.function): try functionStatement()
        case .keyword(.class): try classStatement()
        case .keyword(.enum): try enumStatement()
        case .keyword(.try): try tryStatement()
        case .keyword(.const): try constStatement()
        case .keyword(.throw):
            try advance()
            try commaExpression()
            builder.emit(Instruction(.throw, a: try pop()))
        default:
            try commaExpression()
            try limited { b throws(FunctionBuilder.Limit) in try b.discardResult() }
        }
        builder.fence()
    }

    /// Statements up to `}`, `case` or `default`.
    mutating func statements() throws(CompileError) {
        while !at("}") && !at(.default) && !at(.case) {
            try statement()
            try separator()
        }
    }

    private mutating func returnStatement(_ op: Opcode) throws(CompileError) {
        if op == .yield { builder.isGenerator = true }
        try advance()
        if endsStatement {
            if op == .return && builder.traps > 0 {
                builder.emit(Instruction(.popTrap, a: builder.traps))
            }
            builder.emit(Instruction(op, a: Instruction.none, d: builder.registers.count))
            return
        }
        let start = builder.position
        try commaExpression()
        if op == .return && builder.traps > 0 {
            builder.emit(Instruction(.popTrap, a: builder.traps))
        }
        let result = try pop()
        if op == .return { builder.makeTailCall(from: start) }
        builder.emit(Instruction(op, a: 1, b: result, d: builder.registers.count))
    }

    private mutating func leaveStatement(isBreak: Bool) throws(CompileError) {
        let found =
            isBreak
            ? builder.breakables.indices.last : builder.breakables.lastIndex { $0.isLoop }
        guard let index = found else {
            throw error(
                isBreak ? "'break' has to be in a loop block" : "'continue' has to be in a loop block")
        }
        // A `continue` may leave switches that stand inside of the loop, with their traps.
        let traps = builder.breakables[index...].reduce(0) { $0 + $1.traps }
        if traps > 0 { builder.emit(Instruction(.popTrap, a: traps)) }
        let scope =
            isBreak ? builder.breakables[index].breakScope : builder.breakables[index].continueScope
        if builder.hasCaptured(from: scope) { builder.emit(Instruction(.close, a: scope)) }
        let jump = builder.emitJump(Instruction(.jump))
        if isBreak {
            builder.breakables[index].breaks.append(jump)
        } else {
            builder.breakables[index].continues.append(jump)
        }
        try advance()
    }

    private mutating func endBreakable(continueTo target: Int) {
        guard let ended = builder.breakables.popLast() else { return }
        for jump in ended.continues { builder.setJump(at: jump, to: target) }
        for jump in ended.breaks { builder.setJump(at: jump, to: builder.position) }
        builder.fence()
    }

    private mutating func beginLoop(breakScope: Int) {
        builder.breakables.append(
            .init(isLoop: true, breakScope: breakScope, continueScope: builder.registers.count))
    }

    /// `( expression )` and the jump past what it guards.
    private mutating func condition() throws(CompileError) -> Int {
        try expect("(")
        try commaExpression()
        try expect(")")
        return builder.emitJump(Instruction(.jumpIfFalse, a: try pop()))
    }

    private mutating func ifStatement() throws(CompileError) {
        try advance()
        let skip = try condition()
        var outer = beginScope()
        try statement()
        if !at("}") && !at(.else) { try optionalSemicolon() }
        endScope(outer)
        guard at(.else) else {
            builder.setJump(at: skip, to: builder.position)
            builder.fence()
            return
        }
        outer = beginScope()
        builder.fence()
        let end = builder.emitJump(Instruction(.jump))
        builder.setJump(at: skip, to: builder.position)
        builder.fence()
        try advance()
        try statement()
        try optionalSemicolon()
        endScope(outer)
        builder.setJump(at: end, to: builder.position)
        builder.fence()
    }

    private mutating func whileStatement() throws(CompileError) {
        builder.fence()
        let start = builder.position
        try advance()
        try expect("(")
        try commaExpression()
        try expect(")")
        let condition = try pop()
        beginLoop(breakScope: builder.registers.count)
        let exit = builder.emitJump(Instruction(.jumpIfFalse, a: condition))
        let outer = beginScope()
        try statement()
        endScope(outer)
        builder.emitLoop(to: start)
        builder.setJump(at: exit, to: builder.position)
        endBreakable(continueTo: start)
    }

    private mutating func doStatement() throws(CompileError) {
        try advance()
        builder.fence()
        let start = builder.position
        beginLoop(breakScope: builder.registers.count)
        let outer = beginScope()
        try statement()
        endScope(outer)
        try expect(.while)
        builder.fence()
        let test = builder.position
        let exit = try condition()
        builder.emitLoop(to: start)
        builder.setJump(at: exit, to: builder.position)
        endBreakable(continueTo: test)
    }

    private mutating func forStatement() throws(CompileError) {
        try advance()
        let outer = beginScope()
        let scope = builder.registers.count
        try expect("(")
        if at(.local) {
            try localStatement()
        } else if !at(";") {
            try commaExpression()
            _ = try pop()
        }
        try expect(";")
        builder.fence()
        let start = builder.position
        var exit: Int?
        if !at(";") {
            try commaExpression()
            exit = builder.emitJump(Instruction(.jumpIfFalse, a: try pop()))
        }
        try expect(";")
        builder.fence()
        let stepStart = builder.position
        if !at(")") {
            try commaExpression()
            try limited { b throws(FunctionBuilder.Limit) in try b.discardResult() }
        }
        try expect(")")
        let step = builder.cut(from: stepStart)
        beginLoop(breakScope: scope)
        try statement()
        builder.fence()
        let next = builder.position
        builder.paste(step)
        builder.emitLoop(to: start)
        if let exit { builder.setJump(at: exit, to: builder.position) }
        endScope(outer)
        endBreakable(continueTo: next)
    }

    private mutating func forEachStatement() throws(CompileError) {
        try advance()
        try expect("(")
        var value = try expectVariable()
        var index = Array("@INDEX@".utf8)
        if at(",") {
            index = value
            try advance()
            value = try expectVariable()
        }
        try expect(.in)
        let outer = beginScope()
        try expression()
        try expect(")")
        let container = try top()
        let indexRegister = try declare(index)
        builder.emit(Instruction(.loadNull, a: indexRegister, d: 1))
        builder.emit(Instruction(.loadNull, a: try declare(value), d: 1))
        builder.emit(Instruction(.loadNull, a: try declare(Array("@ITERATOR@".utf8)), d: 1))
        builder.fence()
        let start = builder.position
        let exit = builder.emitJump(Instruction(.forEach, a: container, c: indexRegister))
        builder.fence()
        let after = builder.emitJump(Instruction(.afterForEach, a: container))
        builder.fence()
        builder.breakables.append(
            .init(
                isLoop: true, breakScope: builder.registers.count, continueScope: builder.registers.count))
        try statement()
        builder.emitLoop(to: start)
        builder.setJump(at: exit, to: builder.position)
        builder.setJump(at: after, to: builder.position)
        endBreakable(continueTo: start)
        // The container's operand goes first, by its place under the three variables.
        _ = builder.operands.popLast()
        endScope(outer)
    }

    private mutating func switchStatement() throws(CompileError) {
        try advance()
        try expect("(")
        try commaExpression()
        try expect(")")
        try expect("{")
        let subject = try top()
        builder.breakables.append(
            .init(
                isLoop: false, breakScope: builder.registers.count, continueScope: builder.registers.count))
        var toNext: Int?
        while at(.case) {
            var fallThrough: Int?
            if let jump = toNext {
                builder.fence()
                fallThrough = builder.emitJump(Instruction(.jump))
                builder.setJump(at: jump, to: builder.position)
                builder.fence()
            }
            try advance()
            try expression()
            try expect(":")
            let test = try pop()
            let result = try push()
            builder.emit(Instruction(.equal, a: result, b: subject, c: test))
            _ = try pop()
            toNext = builder.emitJump(Instruction(.jumpIfFalse, a: result))
            if let fallThrough { builder.setJump(at: fallThrough, to: builder.position) }
            builder.fence()
            let outer = beginScope()
            try statements()
            endScope(outer)
        }
        if let toNext { builder.setJump(at: toNext, to: builder.position) }
        builder.fence()
        if at(.default) {
            try advance()
            try expect(":")
            let outer = beginScope()
            try statements()
            endScope(outer)
        }
        try expect("}")
        _ = try pop()
        endBreakable(continueTo: builder.position)
    }

    mutating func localStatement() throws(CompileError) {
        try advance()
        if at(.function) {
            try advance()
            let name = try expectVariable()
            try expect("(")
            let index = try function(named: name)
            builder.emit(Instruction(.closure, a: try push(), d: index))
            _ = try pop()
            _ = try declare(name)
            return
        }
        while true {
            let name = try expectVariable()
            if at("=") {
                try advance()
                try expression()
                let source = try pop()
                let register = try push()
                if register != source { builder.emit(Instruction(.move, a: register, b: source)) }
            } else {
                builder.emit(Instruction(.loadNull, a: try push(), d: 1))
            }
            _ = try pop()
            _ = try declare(name)
            guard at(",") else { return }
            try advance()
        }
    }

    private mutating func functionStatement() throws(CompileError) {
        try advance()
        var name = try expectName()
        builder.push(register: 0)
        try pushLiteral(.string(name))
        while token == .doubleColon {
            try emitGet()
            try advance()
            name = try expectName()
            try pushLiteral(.string(name))
        }
        try expect("(")
        let index = try function(named: name)
        builder.emit(Instruction(.closure, a: try push(), d: index))
        try emitStore(.newSlot)
        _ = try pop()
    }

    private mutating func classStatement() throws(CompileError) {
        try advance()
        let (savedTarget, savedKeeps) = (target, keepsSlot)
        keepsSlot = true
        try prefixed()
        switch target {
        case .slot:
            try classBody()
            try emitStore(.newSlot)
            _ = try pop()
        case .base:
            throw error("cannot use 'base' as the name of a class")
        case .value:
            throw error("invalid class name")
        case .local, .outer:
            throw error("cannot create a class in a local with the syntax(class <local>)")
        }
        (target, keepsSlot) = (savedTarget, savedKeeps)
    }

    private mutating func tryStatement() throws(CompileError) {
        try advance()
        builder.fence()
        let trap = builder.emitJump(Instruction(.pushTrap))
        builder.fence()
        builder.traps += 1
        if !builder.breakables.isEmpty { builder.breakables[builder.breakables.count - 1].traps += 1 }
        var outer = beginScope()
        try statement()
        endScope(outer)
        builder.traps -= 1
        if !builder.breakables.isEmpty { builder.breakables[builder.breakables.count - 1].traps -= 1 }
        builder.emit(Instruction(.popTrap, a: 1))
        let end = builder.emitJump(Instruction(.jump))
        builder.setJump(at: trap, to: builder.position)
        builder.fence()
        try expect(.catch)
        try expect("(")
        let name = try expectVariable()
        try expect(")")
        outer = beginScope()
        builder.instructions[trap].a = UInt8(truncatingIfNeeded: try declare(name))
        try statement()
        endScope(outer)
        builder.setJump(at: end, to: builder.position)
        builder.fence()
    }

    private mutating func constStatement() throws(CompileError) {
        try advance()
        let name = try expectName()
        try expect("=")
        let value = try scalar()
        try optionalSemicolon()
        constants[name] = .scalar(value)
    }

    private mutating func enumStatement() throws(CompileError) {
        try advance()
        let name = try expectName()
        try expect("{")
        var members: [[UInt8]: FunctionTemplate.Literal] = [:]
        var next: Int32 = 0
        while !at("}") {
            let key = try expectName()
            if at("=") {
                try advance()
                members[key] = try scalar()
            } else {
                members[key] = .integer(next)
                next &+= 1
            }
            if at(",") { try advance() }
        }
        constants[name] = .enumeration(members)
        try advance()
    }

    private mutating func scalar() throws(CompileError) -> FunctionTemplate.Literal {
        let value: FunctionTemplate.Literal
        switch token {
        case .integer: value = .integer(lexer.integer)
        case .float: value = .float(lexer.float.bitPattern)
        case .string: value = .string(lexer.text)
        case .character(UInt8(ascii: "-")):
            try advance()
            switch token {
            case .integer: value = .integer(0 &- lexer.integer)
            case .float: value = .float((-lexer.float).bitPattern)
            default: throw error("scalar expected : integer,float")
            }
        default:
            throw error("scalar expected : integer,float or string")
        }
        try advance()
        return value
    }
}
