#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The C library's functions that this room stands on, under one roof.
enum Library {
    static func log(_ x: Double) -> Double { naturalLogarithm(x) }
    static func exp(_ x: Double) -> Double { exponential(x) }
    static func pow(_ x: Double, _ y: Double) -> Double { power(x, y) }
    static func erfc(_ x: Double) -> Double { complementaryError(x) }

    /// ln Γ(x) for x > 0.
    static func logGamma(_ x: Double) -> Double {
        // Not lgamma(): that one writes the sign into a variable that all threads share.
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
}

private func naturalLogarithm(_ x: Double) -> Double { log(x) }
private func exponential(_ x: Double) -> Double { exp(x) }
private func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
private func complementaryError(_ x: Double) -> Double { erfc(x) }
