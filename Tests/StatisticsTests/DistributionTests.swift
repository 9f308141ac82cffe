import Testing

@testable import Statistics

/// Expected numbers come from SciPy 1.17 and NumPy 2.4.
@Suite struct DistributionTests {
    @Test(arguments: [
        (0.001, -3.090232306167813), (0.025, -1.9599639845400545), (0.5, 0), (0.975, 1.959963984540054),
        (0.9999, 3.719016485455709),
    ]) func normalQuantiles(p: Double, z: Double) {
        #expect(abs(NormalDistribution.quantile(p) - z) < 1e-9)
    }

    @Test(arguments: [
        (-3.0, 0.0013498980316300933), (-1, 0.15865525393145707), (0, 0.5), (1.5, 0.9331927987311419),
        (4, 0.9999683287581669),
    ]) func normalCumulative(z: Double, p: Double) {
        #expect(abs(NormalDistribution.cumulative(z) - p) < 1e-14)
    }

    @Test func normalQuantilesAtTheEdges() {
        #expect(NormalDistribution.quantile(0) == -.infinity)
        #expect(NormalDistribution.quantile(1) == .infinity)
        #expect(NormalDistribution.quantile(-0.1).isNaN)
        #expect(NormalDistribution.quantile(.nan).isNaN)
    }

    @Test(arguments: [
        (0.05, 1.0, 0.003932140000019522), (0.05, 29, 17.70836618282458), (0.5, 10, 9.34181776559197),
        (0.975, 99, 128.4219886438403), (0.01, 500, 429.3875427745797),
    ]) func chiSquareQuantiles(p: Double, degrees: Double, x: Double) {
        #expect(abs(ChiSquareDistribution.quantile(p, degrees: degrees) / x - 1) < 1e-9)
        #expect(abs(ChiSquareDistribution.cumulative(x, degrees: degrees) - p) < 1e-11)
    }

    @Test(arguments: [
        (1.0, 2.0, 18.0, 0.387420489), (4.5, 3, 10, 0.030312223193070763),
        (0.434, 18, 60, 0.9740208028890078),
        (245.6, 9, 78, 2.0253149944326166e-53),
    ]) func fTails(f: Double, numerator: Double, denominator: Double, p: Double) {
        #expect(abs(FDistribution.exceeding(f, numerator, denominator) / p - 1) < 1e-9)
    }

    @Test(arguments: [
        (0.95, 1.0, 12.706204736174694), (0.95, 6, 2.4469118511449786), (0.99, 30, 2.7499956535672254),
    ]) func studentQuantiles(confidence: Double, degrees: Double, t: Double) {
        #expect(abs(StudentDistribution.quantileBothWays(confidence, degrees: degrees) - t) < 1e-9)
    }

    @Test func studentTail() {
        #expect(abs(StudentDistribution.exceedingBothWays(2.5, degrees: 7) - 0.04099221858575289) < 1e-12)
    }
}
