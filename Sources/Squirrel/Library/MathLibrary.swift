#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The functions of the table `math`, computed in double precision and rounded once to a float.
enum MathLibrary {
    private static func single(
        _ name: StaticString, _ function: @escaping @Sendable (Double) -> Double
    ) -> LibraryFunction {
        LibraryFunction(name, 2, ".n") { machine, arguments in
            machine.answer(Value(float: Float(function(Double(arguments[1].asFloat)))))
        }
    }

    private static func double(
        _ name: StaticString, _ function: @escaping @Sendable (Double, Double) -> Double
    ) -> LibraryFunction {
        LibraryFunction(name, 3, ".nn") { machine, arguments in
            machine.answer(
                Value(float: Float(function(Double(arguments[1].asFloat), Double(arguments[2].asFloat)))))
        }
    }

    static let functions: [LibraryFunction] = [
        single("sqrt") { $0.squareRoot() },
        single("sin") { sin($0) },
        single("cos") { cos($0) },
        single("asin") { asin($0) },
        single("acos") { acos($0) },
        single("log") { log($0) },
        single("log10") { log10($0) },
        single("tan") { tan($0) },
        single("atan") { atan($0) },
        double("atan2") { atan2($0, $1) },
        double("pow") { pow($0, $1) },
        single("floor") { $0.rounded(.down) },
        single("ceil") { $0.rounded(.up) },
        single("exp") { exp($0) },
        LibraryFunction("srand", 2, ".n") { _, _ in .nothing },
        LibraryFunction("rand", 1, "") { machine, _ in
            let number = machine.state.pointee.host?.takeUnretainedValue().random() ?? 0
            return machine.answer(Value(integer: Int32(truncatingIfNeeded: number & 0x7FFF_FFFF)))
        },
        single("fabs") { $0.magnitude },
        LibraryFunction("abs", 2, ".n") { machine, arguments in
            let number = arguments[1].asInteger
            return machine.answer(Value(integer: number < 0 ? 0 &- number : number))
        },
    ]
}
