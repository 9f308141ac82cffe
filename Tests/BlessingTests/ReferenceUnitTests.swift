import Blessing
import Imp003
import ImpEmulator
import StationStore
import Testing

@testable import StationConfig

/// Golden units and gauge parts: measured as often as anybody likes, never changed, never counted.
@Suite struct ReferenceUnitTests {
    /// Runs a line whose units are all reference units.
    private func measure(_ station: TestStation, faults: String = "", slots: [String] = ["A"]) async throws
        -> LineReport
    {
        // Who the unit is, is learnt from a line of the same seed in a record of its own.
        let scout = try await TestStation()
        let known = try await scout.run(try scout.line(units: 1, faults: ""), plan: try scout.plan())
        var settings = station.settings()
        settings.golden = GoldenSettings(
            interval: .seconds(60), reminder: .zero, units: [],
            gaugeParts: try known.units.compactMap(\.device).map {
                .init(name: $0, device: try DeviceID(parsing: $0), values: [])
            })
        let line = try station.line(units: 1, faults: faults)
        return try await Line(
            plan: try station.plan(), slots: slots.map { ($0, line.slot($0)) }, store: station.store,
            settings: settings
        ).run()
    }

    @Test func aReferenceUnitIsMeasuredAndNotBlessed() async throws {
        let station = try await TestStation()
        for _ in 1...3 {
            let report = try await measure(station)
            let unit = try #require(report.units.first)
            #expect(unit.outcome == .aborted)
            #expect(unit.reason?.code == .referenceMeasured)
            #expect(unit.serial == nil)
        }
        let reader = station.store.reader
        let run = try #require(try await reader.runs(RunFilter(limit: 1)).first)
        #expect(run.code == "G01")
        let steps = try #require(try await reader.run(run.run)).steps
        #expect(steps.contains { $0.name == "rail" && $0.outcome == .passed && !$0.measurements.isEmpty })
        // Nothing was intended but what every unit gets before its tests; no serial number, no yield, no order filled.
        let acts = try #require(try await reader.run(run.run)).acts.map(\.kind.rawValue)
        #expect(
            !acts.contains {
                ["nvram", "flash", "region", "bless", "setRegion", "installNVRAM", "program"].contains($0)
            }, "\(acts)")
        let id = try #require(run.device)
        let device = try #require(try await reader.device(id))
        #expect(!device.isBlessed && device.region == nil && device.serial == nil)
        #expect(try await reader.yield().units == 0)
        #expect(try await reader.order("WO-2026-0117")?.blessed == 0)
        #expect(try await reader.verify().isClean)
        let numbers = try await reader.numbers(step: "rail", measurement: "rail_3v3", RunFilter())
        #expect(numbers.count == 3)
    }

    @Test func aReferenceUnitBeyondItsLimitsIsNoFailedUnit() async throws {
        let station = try await TestStation()
        let report = try await measure(station, faults: "sensor-offset:6")
        let unit = try #require(report.units.first)
        #expect(unit.outcome == .aborted && unit.reason?.code == .referenceMeasured)
        #expect(unit.reason?.detail.contains("temperature") == true, "\(unit.reason?.detail ?? "")")
        #expect(try await station.store.reader.yield().units == 0)
        #expect(try await station.store.reader.failures().isEmpty)
    }
}
