/// One instruction: an operation, three registers (or small numbers) and a 32-bit number.
///
/// `a` is mostly the register that receives the result; 255 means that nobody wants it.
struct Instruction {
    var op: Opcode
    var a: UInt8
    var b: UInt8
    var c: UInt8
    var d: Int32

    init(_ op: Opcode, a: Int = 0, b: Int = 0, c: Int = 0, d: Int = 0) {
        self.op = op
        self.a = UInt8(truncatingIfNeeded: a)
        self.b = UInt8(truncatingIfNeeded: b)
        self.c = UInt8(truncatingIfNeeded: c)
        self.d = Int32(truncatingIfNeeded: d)
    }

    /// The signed 16-bit number that some comparisons carry in `b` and `c`.
    @inline(__always) var immediate: Int16 { Int16(bitPattern: UInt16(b) | UInt16(c) << 8) }

    mutating func setImmediate(_ number: Int) {
        let pattern = UInt16(bitPattern: Int16(truncatingIfNeeded: number))
        b = UInt8(truncatingIfNeeded: pattern)
        c = UInt8(truncatingIfNeeded: pattern >> 8)
    }

    static let none = 0xFF
}

/// R is a register, K a literal, d the 32-bit number; `→` jumps relative to the next instruction.
enum Opcode: UInt8 {
    // Moving.
    /// R[a] = R[b]
    case move
    /// R[a] = R[b], then R[c] = R[d]
    case moveTwo
    /// R[a] = K[d]
    case loadLiteral
    /// R[a] = d
    case loadInteger
    /// R[a] = the float with the bits d
    case loadFloat
    /// R[a] = b ≠ 0
    case loadBool
    /// R[a] … R[a+d-1] = null
    case loadNull
    /// R[a] = root table
    case loadRoot
    /// R[a] = class that the method's class extends, or null
    case loadBase
    /// R[a] = outer d
    case getOuter
    /// outer d = R[b]; R[a] = R[b]
    case setOuter

    // Fields.
    /// R[a] = R[b][R[c]]
    case get
    /// R[a] = R[b][K[d]]
    case getLiteral
    /// R[b][R[c]] = R[d]; R[a] = R[d]
    case set
    /// R[b][K[d]] = R[c]; R[a] = R[c]
    case setLiteral
    /// R[b][R[c]] <- R[d]; R[a] = R[d]
    case newSlot
    /// R[b][K[d]] <- R[c], a table that is being written down
    case newSlotLiteral
    /// R[a] = delete R[b][R[c]]
    case delete
    /// member of class R[b]: key R[c], value R[d], flags a
    case newMember
    /// R[a] = R[b][R[c]] op= R[d & 255], the operation in d >> 8
    case compound
    /// R[a] = ++R[b][R[c]] by d
    case increment
    /// R[a] = R[b][R[c]]++ by d
    case postIncrement

    // Arithmetic.
    /// R[a] = R[b] op R[c]
    case add, subtract, multiply, divide, modulo
    /// R[a] = R[b] op d
    case addInteger, subtractInteger, multiplyInteger
    /// R[a] = R[b] op R[c]
    case bitAnd, bitOr, bitXor, shiftLeft, shiftRight, shiftRightUnsigned
    /// R[a] = R[b] op d
    case bitAndInteger, bitOrInteger, bitXorInteger, shiftLeftInteger, shiftRightInteger
    case shiftRightUnsignedInteger
    /// R[a] += d
    case incrementLocal
    /// R[a] = R[b]; R[b] += d
    case postIncrementLocal
    /// R[a] = op R[b]
    case negate, not, bitNot

    // Comparing.
    /// R[a] = R[b] == R[c]
    case equal, notEqual
    /// R[a] = R[b] == K[d]
    case equalLiteral, notEqualLiteral
    /// R[a] = R[b] < R[c] …
    case less, lessOrEqual, greater, greaterOrEqual, threeWay
    /// R[a] = R[c] in R[b]
    case exists
    /// R[a] = R[c] instanceof R[b]
    case instanceOf

    // Jumping.
    /// → d
    case jump
    /// → d, backwards; charges -d instructions
    case loop
    /// → d unless R[a]
    case jumpIfFalse
    /// → d unless R[b] < R[c] …
    case jumpUnlessLess, jumpUnlessLessOrEqual, jumpUnlessGreater, jumpUnlessGreaterOrEqual
    /// → d unless R[a] < immediate …
    case jumpUnlessLessInteger, jumpUnlessLessOrEqualInteger, jumpUnlessGreaterInteger
    case jumpUnlessGreaterOrEqualInteger
    /// → d unless R[b] == R[c] …
    case jumpUnlessEqual, jumpUnlessNotEqual
    /// → d unless R[a] == immediate …
    case jumpUnlessEqualInteger, jumpUnlessNotEqualInteger
    /// R[a] = R[b] and → d when R[b] is false (and) or true (or)
    case and, or

    // Calling.
    /// R[a] = R[b][R[c]], R[d] = R[b]
    case prepareCall
    /// R[a] = R[b][K[d]], R[c] = R[b]
    case prepareCallLiteral
    /// R[a] = R[b](R[c] … R[c+d-1]), R[c] is `this`
    case call
    case tailCall
    /// return R[b], or null when a is 255
    case `return`
    /// as `return`, from a generator
    case yield
    /// R[a] = resume R[b]
    case resume

    // Making.
    /// R[a] = a new table for d keys
    case newTable
    /// R[a] = a new array for d elements
    case newArray
    /// R[a] = a new class extending R[b], with the attributes R[c]
    case newClass
    /// append R[b] to R[a]
    case append
    /// append K[d] to R[a]
    case appendLiteral
    /// append d to R[a]
    case appendInteger
    /// R[a] = closure of function d
    case closure
    /// R[a] = clone R[b]
    case clone
    /// R[a] = typeof R[b]
    case typeOf

    // Structure.
    /// next of R[a] into R[c], R[c+1], with its state in R[c+2]; → d at the end
    case forEach
    /// after a generator was resumed by `forEach`: → d - 1 if it died
    case afterForEach
    /// exceptions go to → d with the value in R[a]
    case pushTrap
    /// drop a traps
    case popTrap
    /// throw R[a]
    case `throw`
    /// close outers from R[a] upwards
    case close
}
