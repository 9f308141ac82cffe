/// Compiles in one pass from tokens to instructions.
///
/// Names are resolved as they come: a local variable, a variable of an enclosing function, a constant, and
/// otherwise a slot of `this`.
struct Compiler {
    /// What the expression just compiled denotes; an assignment needs to know.
    enum Target {
        case value
        /// Object and key are the last two operands.
        case slot
        case base
        case local(Int)
        case outer(Int)
    }

    var lexer: Lexer
    var token: Token = .end
    var builder: FunctionBuilder
    var constants: Constants
    var target = Target.value
    /// Set where the last `.` or `[` must not fetch: after `delete`, `++`, `class`.
    var keepsSlot = false
    /// Registers before the innermost scope.
    var scopeStart = 0
    private var depth = 0
    let file: String

    /// Constructs nested deeper than this are refused, so that no text can exhaust the native stack.
    static let depthLimit = 200

    init(source: [UInt8], file: String, constants: Constants) {
        self.file = file
        self.constants = constants
        lexer = Lexer(source: source, file: file)
        builder = FunctionBuilder(parent: nil, file: file)
    }

    /// Compiles a whole file into its main function.
    mutating func compile() throws(CompileError) -> FunctionTemplate {
        builder.name = Array("main".utf8)
        builder.isVariadic = true
        try limited { b throws(FunctionBuilder.Limit) in
            try b.addParameter(Array("this".utf8))
            try b.addParameter(Array("vargv".utf8))
        }
        let start = builder.registers.count
        try advance()
        while token != .end {
            try statement()
            try separator()
        }
        builder.shrink(to: start)
        builder.beginLine(lexer.line)
        builder.emit(Instruction(.return, a: Instruction.none))
        return builder.finish()
    }

    // MARK: Tokens

    func error(_ message: String) -> CompileError { lexer.error(message) }

    /// Runs a builder's operation and gives its refusal a place.
    @discardableResult
    func limited<R>(_ body: (FunctionBuilder) throws(FunctionBuilder.Limit) -> R) throws(CompileError) -> R {
        do throws(FunctionBuilder.Limit) {
            return try body(builder)
        } catch {
            throw lexer.error(error.message)
        }
    }

    func push() throws(CompileError) -> Int {
        try limited { b throws(FunctionBuilder.Limit) in try b.push() }
    }
    func pop() throws(CompileError) -> Int { try limited { b throws(FunctionBuilder.Limit) in try b.pop() } }
    func top() throws(CompileError) -> Int { try limited { b throws(FunctionBuilder.Limit) in try b.top() } }
    func popOperand() throws(CompileError) -> FunctionBuilder.Operand {
        try limited { b throws(FunctionBuilder.Limit) in try b.popOperand() }
    }
    func pushLiteral(_ literal: FunctionTemplate.Literal) throws(CompileError) {
        try limited { b throws(FunctionBuilder.Limit) in try b.push(literal: b.literal(literal)) }
    }
    func declare(_ name: [UInt8]) throws(CompileError) -> Int {
        try limited { b throws(FunctionBuilder.Limit) in try b.declare(name) }
    }

    mutating func advance() throws(CompileError) {
        token = try lexer.next()
    }

    func at(_ character: Character) -> Bool {
        token == .character(character.asciiValue ?? 0)
    }

    func at(_ keyword: Keyword) -> Bool {
        token == .keyword(keyword)
    }

    mutating func expect(_ character: Character) throws(CompileError) {
        guard at(character) else { throw error("expected '\(character)'") }
        try advance()
    }

    mutating func expect(_ keyword: Keyword) throws(CompileError) {
        guard at(keyword) else { throw error("expected '\(keyword.rawValue)'") }
        try advance()
    }

    /// An identifier; `constructor` passes for one.
    mutating func expectName() throws(CompileError) -> [UInt8] {
        guard token == .identifier || at(.constructor) else { throw error("expected 'IDENTIFIER'") }
        let name = lexer.text
        try advance()
        return name
    }

    /// Parameters, loop and exception variables: as `expectName`, with its own word for `base`.
    mutating func expectVariable() throws(CompileError) -> [UInt8] {
        if at(.base) { throw error("cannot use 'base' as the name of a variable") }
        return try expectName()
    }

    var endsStatement: Bool {
        lexer.followsLineBreak || token == .end || at("}") || at(";")
    }

    mutating func optionalSemicolon() throws(CompileError) {
        if at(";") {
            try advance()
        } else if !endsStatement {
            throw error("end of statement expected (; or lf)")
        }
    }

    /// Between two statements, unless the first closed itself.
    mutating func separator() throws(CompileError) {
        let last = lexer.previous
        if last == .character(UInt8(ascii: "}")) || last == .character(UInt8(ascii: ";")) { return }
        try optionalSemicolon()
    }

    // MARK: Nesting

    mutating func descend() throws(CompileError) {
        depth += 1
        if depth > Compiler.depthLimit { throw error("nested deeper than \(Compiler.depthLimit) levels") }
    }

    mutating func ascend() {
        depth -= 1
    }

    /// Opens a scope and returns what `endScope` needs.
    mutating func beginScope() -> Int {
        let outer = scopeStart
        scopeStart = builder.registers.count
        return outer
    }

    /// Closes a scope; captured variables are cut loose from the stack.
    mutating func endScope(_ outer: Int, closing: Bool = true) {
        if builder.registers.count != scopeStart {
            let hadCaptured = builder.hasCaptured(from: scopeStart)
            builder.shrink(to: scopeStart)
            if closing && hadCaptured { builder.emit(Instruction(.close, a: scopeStart)) }
        }
        scopeStart = outer
    }

    // MARK: Functions

    /// From after `(` to the end of the body; leaves the template in the enclosing builder.
    /// - Returns: the function's index there.
    mutating func function(named name: [UInt8]?, isLambda: Bool = false) throws(CompileError) -> Int {
        try descend()
        let enclosing = builder
        let child = FunctionBuilder(parent: enclosing, file: file)
        child.name = name
        func declareParameter(_ name: [UInt8]) throws(CompileError) {
            do throws(FunctionBuilder.Limit) {
                try child.addParameter(name)
            } catch {
                throw lexer.error(error.message)
            }
        }
        try declareParameter(Array("this".utf8))
        while !at(")") {
            if token == .ellipsis {
                if !child.defaults.isEmpty {
                    throw error("function with default parameters cannot have variable number of parameters")
                }
                try declareParameter(Array("vargv".utf8))
                child.isVariadic = true
                try advance()
                if !at(")") { throw error("expected ')'") }
                break
            }
            try declareParameter(try expectVariable())
            if at("=") {
                try advance()
                try expression()
                child.defaults.append(try top())
            } else if !child.defaults.isEmpty {
                throw error("expected '='")
            }
            if at(",") {
                try advance()
            } else if !at(")") {
                throw error("expected ')' or ','")
            }
        }
        try expect(")")
        for _ in child.defaults { _ = try pop() }

        let outerScope = scopeStart
        builder = child
        scopeStart = child.registers.count
        if isLambda {
            let start = builder.position
            try expression()
            let result = try pop()
            builder.makeTailCall(from: start)
            builder.emit(Instruction(.return, a: 1, b: result))
        } else {
            try statement(closesScope: false)
        }
        builder.beginLine(lexer.followsLineBreak ? lexer.tokenLine : lexer.line)
        builder.emit(Instruction(.return, a: Instruction.none))
        builder.shrink(to: 0)
        let template = builder.finish()
        builder = enclosing
        scopeStart = outerScope
        builder.functions.append(template)
        ascend()
        return builder.functions.count - 1
    }
}
