/// Which instructions may become one.
extension Opcode {
    enum MoveSaving {
        /// Upstream saves this move too, so lines come out alike.
        case asUpstream
        /// Upstream has one more instruction here.
        case silently
    }

    /// Whether the result register may be exchanged for the target of the move that follows.
    var resultMoves: MoveSaving? {
        switch self {
        case .get, .getLiteral, .add, .subtract, .multiply, .divide, .modulo, .addInteger, .subtractInteger,
            .multiplyInteger, .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight, .shiftRightUnsigned,
            .bitAndInteger, .bitOrInteger, .bitXorInteger, .shiftLeftInteger, .shiftRightInteger,
            .shiftRightUnsignedInteger, .loadInteger, .loadFloat, .loadBool, .loadLiteral:
            return .asUpstream
        case .getOuter, .call, .not, .negate, .bitNot, .equal, .notEqual, .equalLiteral, .notEqualLiteral,
            .less,
            .lessOrEqual, .greater, .greaterOrEqual, .threeWay, .typeOf, .closure, .postIncrementLocal:
            return .silently
        default:
            return nil
        }
    }

    /// The same operation with a number in place of the right register.
    var withInteger: Opcode? {
        switch self {
        case .add: return .addInteger
        case .subtract: return .subtractInteger
        case .multiply: return .multiplyInteger
        case .bitAnd: return .bitAndInteger
        case .bitOr: return .bitOrInteger
        case .bitXor: return .bitXorInteger
        case .shiftLeft: return .shiftLeftInteger
        case .shiftRight: return .shiftRightInteger
        case .shiftRightUnsigned: return .shiftRightUnsignedInteger
        default: return nil
        }
    }

    var fusedJump: Opcode? {
        switch self {
        case .less: return .jumpUnlessLess
        case .lessOrEqual: return .jumpUnlessLessOrEqual
        case .greater: return .jumpUnlessGreater
        case .greaterOrEqual: return .jumpUnlessGreaterOrEqual
        case .equal: return .jumpUnlessEqual
        case .notEqual: return .jumpUnlessNotEqual
        default: return nil
        }
    }

    var withImmediate: Opcode? {
        switch self {
        case .jumpUnlessLess: return .jumpUnlessLessInteger
        case .jumpUnlessLessOrEqual: return .jumpUnlessLessOrEqualInteger
        case .jumpUnlessGreater: return .jumpUnlessGreaterInteger
        case .jumpUnlessGreaterOrEqual: return .jumpUnlessGreaterOrEqualInteger
        case .jumpUnlessEqual: return .jumpUnlessEqualInteger
        case .jumpUnlessNotEqual: return .jumpUnlessNotEqualInteger
        default: return nil
        }
    }
}
