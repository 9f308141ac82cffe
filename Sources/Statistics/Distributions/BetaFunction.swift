/// The regularised incomplete beta function I_x(a, b): NIST Digital Library of Mathematical Functions, 8.17.22.
enum BetaFunction {
    static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = Library.exp(
            Library.logGamma(a + b) - Library.logGamma(a) - Library.logGamma(b) + a * Library.log(x)
                + b * Library.log(1 - x))
        // The fraction runs fast on one side of the middle; the other side is its mirror.
        return x < (a + 1) / (a + b + 2)
            ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func bounded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / bounded(1 - (a + b) * x / (a + 1))
        var result = d
        for i in 1..<10_000 {
            let m = Double(i)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / bounded(1 + even * d)
            c = bounded(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / bounded(1 + odd * d)
            c = bounded(1 + odd / c)
            result *= d * c
            if abs(d * c - 1) < 1e-16 { break }
        }
        return result
    }
}

/// The F distribution.
public enum FDistribution {
    /// P(F > f): what an analysis of variance calls p.
    public static func exceeding(_ f: Double, _ numerator: Double, _ denominator: Double) -> Double {
        guard f > 0 else { return 1 }
        return BetaFunction.regularised(
            denominator / (denominator + numerator * f), denominator / 2, numerator / 2)
    }
}

/// Student's t distribution.
public enum StudentDistribution {
    /// P(|T| > |t|).
    public static func exceedingBothWays(_ t: Double, degrees: Double) -> Double {
        BetaFunction.regularised(degrees / (degrees + t * t), degrees / 2, 0.5)
    }

    /// t with P(|T| ≤ t) = confidence; confidence between 0 and 1, both excluded.
    public static func quantileBothWays(_ confidence: Double, degrees: Double) -> Double {
        guard confidence > 0, confidence < 1, degrees > 0 else { return .nan }
        return Inversion.increasing(confidence, from: 0, startingAt: 1) {
            1 - exceedingBothWays($0, degrees: degrees)
        }
    }
}
