/// The regularised incomplete gamma function, and the χ² distribution that it is.
///
/// Series and continued fraction: NIST Digital Library of Mathematical Functions, 8.11.4 and 8.9.2 (modified Lentz).
public enum ChiSquareDistribution {
    /// P(X ≤ x) with `degrees` degrees of freedom.
    public static func cumulative(_ x: Double, degrees: Double) -> Double {
        guard x > 0 else { return 0 }
        return lowerRegularised(degrees / 2, x / 2)
    }

    /// x with P(X ≤ x) = p; p between 0 and 1, both excluded.
    public static func quantile(_ p: Double, degrees: Double) -> Double {
        guard p > 0, p < 1, degrees > 0 else { return .nan }
        return Inversion.increasing(p, from: 0, startingAt: max(degrees, 1)) {
            cumulative($0, degrees: degrees)
        }
    }

    /// P(a, x), from 0 to 1.
    static func lowerRegularised(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return 0 }
        let front = Library.exp(a * Library.log(x) - x - Library.logGamma(a))
        return x < a + 1 ? front * series(a, x) : 1 - front * fraction(a, x)
    }

    private static func series(_ a: Double, _ x: Double) -> Double {
        var (term, sum, n) = (1 / a, 1 / a, a)
        for _ in 0..<10_000 {
            n += 1
            term *= x / n
            sum += term
            if term < sum * 1e-16 { break }
        }
        return sum
    }

    private static func fraction(_ a: Double, _ x: Double) -> Double {
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var result = d
        for i in 1..<10_000 {
            let step = -Double(i) * (Double(i) - a)
            b += 2
            d = step * d + b
            if abs(d) < tiny { d = tiny }
            c = b + step / c
            if abs(c) < tiny { c = tiny }
            d = 1 / d
            result *= d * c
            if abs(d * c - 1) < 1e-16 { break }
        }
        return result
    }
}

/// Finds where a function that only grows takes a value.
enum Inversion {
    static func increasing(
        _ value: Double, from bottom: Double, startingAt start: Double, _ function: (Double) -> Double
    ) -> Double {
        var (low, high) = (bottom, start)
        while function(high) < value, high < 1e300 {
            low = high
            high *= 2
        }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if middle <= low || middle >= high { break }
            if function(middle) < value { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
