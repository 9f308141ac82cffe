/// How much of what is measured is the measuring: a crossed gauge study (gauge R&R), by analysis of variance.
///
/// Every appraiser (a person, or here mostly a slot) measures every part equally often. Mean squares, variance
/// components and the pooling of an interaction that is not significant (p > 0.25) follow the Measurement Systems
/// Analysis manual of the AIAG (4th edition, chapter III B, and appendix A).
public struct GaugeStudy: Equatable, Sendable {
    /// A line of the table of the analysis.
    public struct Source: Equatable, Sendable {
        public var degrees: Int
        public var sumOfSquares: Double
        public var meanSquare: Double
        /// Nil for repeatability and where nothing can be compared.
        public var f: Double?
        public var p: Double?
    }

    /// One kind of variation.
    public struct Component: Equatable, Sendable {
        public var variance: Double
        /// Of the total variance, 0 to 1.
        public var contribution: Double
        /// σ over the total σ, 0 to 1: the "%GRR" of the manual.
        public var studyShare: Double
        /// 6σ over the tolerance; nil without tolerance.
        public var toleranceShare: Double?

        public var deviation: Double { variance.squareRoot() }
    }

    public enum Verdict: String, CaseIterable, Sendable {
        /// %GRR up to 10 %.
        case good
        /// Up to 30 %: for some uses.
        case marginal
        case bad
    }

    /// What is wrong with the data of a study.
    public enum Fault: Error, Equatable, Sendable, CustomStringConvertible {
        case tooSmall(parts: Int, appraisers: Int, trials: Int)
        case uneven(part: Int, appraiser: Int, found: Int, expected: Int)
        case notFinite(part: Int, appraiser: Int)
        case noSpread

        public var description: String {
            switch self {
            case .tooSmall(let parts, let appraisers, let trials):
                "A gauge study needs at least 2 parts, 2 appraisers and 2 trials, found \(parts), \(appraisers) and \(trials): measure more."
            case .uneven(let part, let appraiser, let found, let expected):
                "Part \(part + 1) was measured \(found) times by appraiser \(appraiser + 1), not \(expected) times as the first: measure all parts equally often."
            case .notFinite(let part, let appraiser):
                "A value of part \(part + 1) by appraiser \(appraiser + 1) is not a number: measure it again."
            case .noSpread: "All values are the same: the instrument does not resolve what is measured."
            }
        }
    }

    public let parts: Int
    public let appraisers: Int
    public let trials: Int

    public let partSource: Source
    public let appraiserSource: Source
    public let interactionSource: Source
    public let repeatabilitySource: Source
    public let totalSumOfSquares: Double
    /// The interaction was not significant and went into the repeatability.
    public let isPooled: Bool

    public let repeatability: Component
    public let reproducibility: Component
    public let gauge: Component
    public let partToPart: Component
    public let total: Component

    /// Groups of parts that the gauge can tell apart: 1.41 · σ(parts) / σ(gauge), cut to a whole number; 5 are wanted.
    public let distinctCategories: Int

    public var verdict: Verdict {
        gauge.studyShare <= 0.1 ? .good : gauge.studyShare <= 0.3 ? .marginal : .bad
    }

    /// - Parameters:
    ///   - values: by part, by appraiser, by trial.
    ///   - tolerance: upper limit less lower limit; nil for none.
    public init(_ values: [[[Double]]], tolerance: Double? = nil) throws(Fault) {
        let p = values.count
        let a = values.first?.count ?? 0
        let r = values.first?.first?.count ?? 0
        guard p >= 2, a >= 2, r >= 2 else { throw .tooSmall(parts: p, appraisers: a, trials: r) }
        for (part, row) in values.enumerated() {
            guard row.count == a else {
                throw .uneven(part: part, appraiser: row.count, found: 0, expected: r)
            }
            for (appraiser, cell) in row.enumerated() {
                guard cell.count == r else {
                    throw .uneven(part: part, appraiser: appraiser, found: cell.count, expected: r)
                }
                guard cell.allSatisfy(\.isFinite) else { throw .notFinite(part: part, appraiser: appraiser) }
            }
        }
        let all = Moments(values.joined().joined())
        guard all.sumOfSquares > 0 else { throw .noSpread }
        let (np, na, nr) = (Double(p), Double(a), Double(r))

        let partMeans = Moments(values.map { Moments($0.joined()).mean })
        let appraiserMeans = Moments((0..<a).map { index in Moments(values.map { $0[index] }.joined()).mean })
        let cellMeans = Moments(values.joined().map { Moments($0).mean })
        let within = values.joined().reduce(0.0) { $0 + Moments($1).sumOfSquares }
        let ssPart = na * nr * partMeans.sumOfSquares
        let ssAppraiser = np * nr * appraiserMeans.sumOfSquares
        let ssInteraction = max(0, nr * cellMeans.sumOfSquares - ssPart - ssAppraiser)

        let (dfPart, dfAppraiser) = (p - 1, a - 1)
        let (dfInteraction, dfWithin) = ((p - 1) * (a - 1), p * a * (r - 1))
        let msInteraction = ssInteraction / Double(dfInteraction)
        let msWithin = within / Double(dfWithin)
        let interactionP =
            msWithin > 0
            ? FDistribution.exceeding(msInteraction / msWithin, Double(dfInteraction), Double(dfWithin)) : 0
        let pooled = interactionP > 0.25
        let dfPooled = dfWithin + dfInteraction
        let msPooled = (within + ssInteraction) / Double(dfPooled)
        // What main effects are compared with.
        let (denominator, dfDenominator) = pooled ? (msPooled, dfPooled) : (msInteraction, dfInteraction)

        func source(_ ss: Double, _ df: Int) -> Source {
            let ms = ss / Double(df)
            let f = denominator > 0 ? ms / denominator : nil
            return Source(
                degrees: df, sumOfSquares: ss, meanSquare: ms, f: f,
                p: f.map { FDistribution.exceeding($0, Double(df), Double(dfDenominator)) })
        }
        partSource = source(ssPart, dfPart)
        appraiserSource = source(ssAppraiser, dfAppraiser)
        interactionSource = Source(
            degrees: dfInteraction, sumOfSquares: ssInteraction, meanSquare: msInteraction,
            f: msWithin > 0 ? msInteraction / msWithin : nil, p: msWithin > 0 ? interactionP : nil)
        repeatabilitySource = Source(
            degrees: dfWithin, sumOfSquares: within, meanSquare: msWithin, f: nil, p: nil)
        totalSumOfSquares = all.sumOfSquares
        isPooled = pooled

        let repeatable = pooled ? msPooled : msWithin
        let crossing = pooled ? 0 : max(0, (msInteraction - msWithin) / nr)
        let appraising = max(0, (appraiserSource.meanSquare - denominator) / (np * nr))
        let parting = max(0, (partSource.meanSquare - denominator) / (na * nr))
        let gauging = repeatable + crossing + appraising
        let whole = gauging + parting
        func component(_ variance: Double) -> Component {
            Component(
                variance: variance, contribution: whole > 0 ? variance / whole : 0,
                studyShare: whole > 0 ? (variance / whole).squareRoot() : 0,
                toleranceShare: tolerance.flatMap { $0 > 0 ? 6 * variance.squareRoot() / $0 : nil })
        }
        repeatability = component(repeatable)
        reproducibility = component(crossing + appraising)
        gauge = component(gauging)
        partToPart = component(parting)
        total = component(whole)
        distinctCategories =
            gauging > 0 ? max(1, Int(min(1e6, (2 * parting / gauging).squareRoot()))) : Int(1e6)
        (parts, appraisers, trials) = (p, a, r)
    }
}
