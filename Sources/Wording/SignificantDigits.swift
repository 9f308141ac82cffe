#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Double {
    /// The number cut to so many significant digits, at least one, for people; zero and what is not finite stay as they are.
    ///
    /// Scaling goes by a whole power of ten in the direction that keeps it exact, so that 0.1 stays 0.1.
    public func rounded(toSignificantDigits digits: Int) -> Double {
        guard isFinite, self != 0 else { return self }
        let places = max(digits, 1) - 1 - Int(log10(abs(self)).rounded(.down))
        let scale = pow(10, Double(abs(places)))
        let rounded = places >= 0 ? (self * scale).rounded() / scale : (self / scale).rounded() * scale
        // The largest numbers leave the range when they are rounded up, the smallest when they are scaled.
        return rounded.isFinite && scale.isFinite ? rounded : self
    }
}
