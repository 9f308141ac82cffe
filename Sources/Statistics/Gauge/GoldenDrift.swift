/// Whether a slot still measures a known unit as it used to.
///
/// Two alarms over the deviations from the known value: one check beyond the tolerance, and an exponentially weighted
/// mean beyond its limits (Roberts 1959; NIST/SEMATECH e-Handbook 6.3.2.4), which sees a slow drift long before a
/// single check leaves the tolerance. The tolerance is taken as three σ of a sound slot.
public struct GoldenDrift: Equatable, Sendable {
    public enum Standing: String, CaseIterable, Sendable {
        /// No check yet.
        case unknown
        case steady
        /// The weighted mean left its limits: look for the cause, the slot may work on.
        case drifting
        /// The last check is beyond the tolerance.
        case off
    }

    public let standing: Standing
    /// Last value less the known one; nil without checks.
    public let lastDeviation: Double?
    /// Exponentially weighted mean of the deviations after each check.
    public let weightedMeans: [Double]
    /// How far the last weighted mean may be from zero.
    public let weightedLimit: Double

    /// - Parameters:
    ///   - values: of the checks, oldest first.
    ///   - reference: the known value.
    ///   - tolerance: how far one check may be off, more than 0.
    ///   - weight: of the newest check in the weighted mean, above 0 and up to 1.
    public init(_ values: [Double], reference: Double, tolerance: Double, weight: Double = 0.2) {
        let sigma = tolerance / 3
        var mean = 0.0
        var means: [Double] = []
        var limit = 0.0
        for (index, value) in values.enumerated() {
            mean += weight * ((value - reference) - mean)
            means.append(mean)
            // The limits open from the first check to their final width.
            let opened = 1 - Library.pow(1 - weight, 2 * Double(index + 1))
            limit = 3 * sigma * (weight / (2 - weight) * opened).squareRoot()
        }
        weightedMeans = means
        weightedLimit = limit
        lastDeviation = values.last.map { $0 - reference }
        // Written so that a value that is no number is off.
        if let last = lastDeviation, !(abs(last) <= tolerance) {
            standing = .off
        } else if values.isEmpty {
            standing = .unknown
        } else {
            standing = abs(mean) > limit ? .drifting : .steady
        }
    }
}
