import Testing

@testable import ImpEmulator

@Suite struct SimulationTests {
    @Test func empty() { #expect(Simulation().now == .start) }
}
