import Testing

@testable import Statistics

@Suite struct GaugeTests {
    /// The worked example of the AIAG's Measurement Systems Analysis manual: three appraisers, ten parts, three trials.
    /// By appraiser, by trial, by part.
    static let manual: [[[Double]]] = [
        [
            [0.29, -0.56, 1.34, 0.47, -0.80, 0.02, 0.59, -0.31, 2.26, -1.36],
            [0.41, -0.68, 1.17, 0.50, -0.92, -0.11, 0.75, -0.20, 1.99, -1.25],
            [0.64, -0.58, 1.27, 0.64, -0.84, -0.21, 0.66, -0.17, 2.01, -1.31],
        ],
        [
            [0.08, -0.47, 1.19, 0.01, -0.56, -0.20, 0.47, -0.63, 1.80, -1.68],
            [0.25, -1.22, 0.94, 1.03, -1.20, 0.22, 0.55, 0.08, 2.12, -1.62],
            [0.07, -0.68, 1.34, 0.20, -1.28, 0.06, 0.83, -0.34, 2.19, -1.50],
        ],
        [
            [0.04, -1.38, 0.88, 0.14, -1.46, -0.29, 0.02, -0.46, 1.77, -1.49],
            [-0.11, -1.13, 1.09, 0.20, -1.07, -0.67, 0.01, -0.56, 1.45, -1.77],
            [-0.15, -0.96, 0.67, 0.11, -1.45, -0.49, 0.21, -0.49, 1.87, -2.16],
        ],
    ]

    static func byPart(_ values: [[[Double]]]) -> [[[Double]]] {
        values[0][0].indices.map { part in values.map { trials in trials.map { $0[part] } } }
    }

    /// Sums, F and p by NumPy and SciPy; the deviations are those that the manual prints, to six digits: 0.199933,
    /// 0.226838, 0.302373, 1.04233, 1.08530.
    @Test func manualExample() throws {
        let study = try GaugeStudy(Self.byPart(Self.manual), tolerance: 4)
        #expect([study.parts, study.appraisers, study.trials] == [10, 3, 3])
        #expect(abs(study.partSource.sumOfSquares - 88.36193444444444) < 1e-9)
        #expect(abs(study.appraiserSource.sumOfSquares - 3.167262222222223) < 1e-9)
        #expect(abs(study.interactionSource.sumOfSquares - 0.358982222222207) < 1e-9)
        #expect(abs(study.repeatabilitySource.sumOfSquares - 2.7589333333333457) < 1e-9)
        #expect(abs(study.totalSumOfSquares - 94.64711222222222) < 1e-9)
        #expect(abs(try #require(study.interactionSource.f) - 0.43372103013508284) < 1e-9)
        #expect(abs(try #require(study.interactionSource.p) - 0.9741064043290524) < 1e-9)
        #expect(study.isPooled)
        #expect(abs(try #require(study.partSource.f) - 245.6139103855237) < 1e-6)
        #expect(abs(try #require(study.appraiserSource.f) - 39.6172457097406) < 1e-6)
        #expect(abs(study.repeatability.deviation - 0.1999331797208165) < 1e-9)
        #expect(abs(study.reproducibility.deviation - 0.22683752149632236) < 1e-9)
        #expect(abs(study.gauge.deviation - 0.30237152232290465) < 1e-9)
        #expect(abs(study.partToPart.deviation - 1.0423274938380347) < 1e-9)
        #expect(abs(study.total.deviation - 1.0852995632186302) < 1e-9)
        #expect(abs(study.gauge.studyShare - 0.27860650881142285) < 1e-9)
        #expect(abs(study.gauge.contribution - 0.07762158675208945) < 1e-9)
        #expect(abs(try #require(study.gauge.toleranceShare) - 0.453557283484357) < 1e-9)
        #expect(study.distinctCategories == 4)
        #expect(study.verdict == .marginal)
    }

    /// Two appraisers who see the parts in different orders: the interaction stays.
    @Test func interactionThatStays() throws {
        let study = try GaugeStudy([
            [[10.1, 10.2], [10.9, 10.8]], [[12.0, 12.2], [11.1, 11.0]], [[14.1, 13.9], [14.6, 14.5]],
        ])
        #expect(study.isPooled == false)
        #expect(abs(try #require(study.interactionSource.f) - 94.08333333334089) < 1e-6)
        #expect(abs(try #require(study.partSource.f) - 16.082373782108068) < 1e-9)
        #expect(abs(study.repeatability.deviation - 0.1) < 1e-9)
        #expect(abs(study.reproducibility.deviation - 0.6822145312631995) < 1e-9)
        #expect(abs(study.gauge.studyShare - 0.34376897810236023) < 1e-9)
        #expect(study.distinctCategories == 3)
        #expect(study.verdict == .bad)
    }

    @Test func faultsOfStudies() {
        #expect(throws: GaugeStudy.Fault.tooSmall(parts: 1, appraisers: 2, trials: 2)) {
            try GaugeStudy([[[1, 2], [3, 4]]])
        }
        #expect(throws: GaugeStudy.Fault.uneven(part: 1, appraiser: 0, found: 1, expected: 2)) {
            try GaugeStudy([[[1, 2], [3, 4]], [[1], [2, 3]]])
        }
        #expect(throws: GaugeStudy.Fault.uneven(part: 1, appraiser: 1, found: 0, expected: 2)) {
            try GaugeStudy([[[1, 2], [3, 4]], [[1, 2]]])
        }
        #expect(throws: GaugeStudy.Fault.notFinite(part: 0, appraiser: 1)) {
            try GaugeStudy([[[1, 2], [3, .nan]], [[1, 2], [3, 4]]])
        }
        #expect(throws: GaugeStudy.Fault.noSpread) {
            try GaugeStudy([[[1, 1], [1, 1]], [[1, 1], [1, 1]]])
        }
        #expect(throws: GaugeStudy.Fault.tooSmall(parts: 0, appraisers: 0, trials: 0)) { try GaugeStudy([]) }
    }

    @Test func anInstrumentWithoutNoiseTellsAllPartsApart() throws {
        let study = try GaugeStudy([[[1, 1], [1, 1]], [[2, 2], [2, 2]]])
        #expect(study.gauge.variance == 0)
        #expect(study.verdict == .good)
        #expect(study.distinctCategories > 1000)
    }

    @Test func goldenUnitThatDriftsSlowly() {
        let drift = GoldenDrift([5.01, 5.02, 5.03, 5.03, 5.04], reference: 5, tolerance: 0.06)
        #expect(abs((drift.weightedMeans.last ?? 0) - 0.0195072) < 1e-12)
        #expect(abs(drift.weightedLimit - 0.018895775375464222) < 1e-12)
        #expect(drift.standing == .drifting)
        #expect(GoldenDrift([5.01, 4.99], reference: 5, tolerance: 0.06).standing == .steady)
        #expect(GoldenDrift([5.01, 5.07], reference: 5, tolerance: 0.06).standing == .off)
        #expect(GoldenDrift([5.01, .nan], reference: 5, tolerance: 0.06).standing == .off)
        #expect(GoldenDrift([], reference: 5, tolerance: 0.06).standing == .unknown)
    }
}
