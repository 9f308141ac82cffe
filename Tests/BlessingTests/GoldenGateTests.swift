import Blessing
import Fixturing
import Imp003
import ImpEmulator
import StationStore
import Synchronization
import Testing
import TimeAndChance

@testable import StationConfig

/// The golden unit's gate, at each way into a slot.
@Suite struct GoldenGateTests {
    static let hour: Int64 = 3_600_000

    /// Golden settings whose unit is the nth of a line's feed.
    /// - Parameter tolerance: around 3.3 V.
    static func golden(
        _ devices: [String], at index: Int = 1, tolerance: Double = 0.5, gaugePart: Int? = nil
    ) throws -> GoldenSettings {
        func unit(_ index: Int, _ values: [GoldenSettings.Value]) throws -> GoldenSettings.Unit {
            GoldenSettings.Unit(
                name: "golden-\(index)", device: try DeviceID(parsing: devices[index]), values: values)
        }
        return GoldenSettings(
            interval: .seconds(8 * 3600), reminder: .seconds(1800),
            units: [
                try unit(
                    index, [.init(step: "rail", name: "rail_3v3", reference: 3.3, tolerance: tolerance)])
            ],
            gaugeParts: try gaugePart.map { [try unit($0, [])] } ?? [])
    }

    /// The device IDs of a line of this seed, in the order of its feed.
    static func devices(seed: UInt64 = 7, units: Int = 3) async throws -> [String] {
        let scout = try await TestStation()
        return try await scout.run(try scout.line(units: units, seed: seed), plan: try scout.plan()).units
            .compactMap(\.device)
    }

    /// Runs a line's units through slot A, as `station run` does.
    private func run(
        _ station: TestStation, _ golden: GoldenSettings?, seed: UInt64 = 7, units: Int = 3,
        later: Int64 = 0, isBlind: Bool = false
    ) async throws -> [UnitResult] {
        var settings = station.settings()
        settings.golden = golden
        settings.clock = FixedWallClock(milliseconds: SystemWallClock().utcMilliseconds() + later)
        let slot = try station.line(units: units, seed: seed).slot("A")
        return try await Line(
            plan: try station.plan(), slots: [("A", isBlind ? BlindFixture(slot: slot) : slot)],
            store: station.store, settings: settings
        ).run().units
    }

    private func codes(_ units: [UnitResult]) -> [String] { units.map { $0.reason?.code.rawValue ?? "" } }

    @Test(arguments: [false, true]) func noUnitBeforeTheGoldenOneAndAllAfterIt(isBlind: Bool) async throws {
        let station = try await TestStation()
        let golden = try Self.golden(try await Self.devices())
        let units = try await run(station, golden, isBlind: isBlind)
        #expect(codes(units) == ["A17", "G01", ""])
        #expect(units.map(\.outcome) == [.refused, .aborted, .passed])
        let refused = try #require(units[0].run)
        let report = try #require(try await station.store.reader.run(refused))
        // A scanned unit is turned away before it is powered; one that nobody scanned has to say who it is.
        #expect((report.run.device != nil) == isBlind)
        #expect(report.acts.isEmpty)
        #expect(report.run.reason?.contains("has not measured a golden unit yet") == true)
        #expect(try await station.store.reader.yield().units == 1)
        #expect(try await station.store.reader.verify().isClean)
    }

    @Test func aSlotThatMeasuresItsGoldenUnitWrongTakesNoMore() async throws {
        let station = try await TestStation()
        let units = try await run(
            station, try Self.golden(try await Self.devices(), at: 0, tolerance: 1e-9))
        #expect(codes(units) == ["G01", "A18", "A18"])
        #expect(units[1].reason?.detail.contains("rail rail_3v3") == true)
    }

    @Test(arguments: [
        (later: Int64(0), code: ""), (later: 7 * hour, code: ""), (later: 9 * hour, code: "A17"),
        (later: 300 * hour, code: "A17"), (later: -2 * hour, code: "A17"),
    ])
    func ageOfTheLastCheck(later: Int64, code: String) async throws {
        let station = try await TestStation()
        let golden = try Self.golden(try await Self.devices(units: 1), at: 0)
        #expect(codes(try await run(station, golden, units: 1)) == ["G01"])
        #expect(codes(try await run(station, golden, seed: 8, units: 1, later: later)) == [code])
    }

    @Test func aSlotDoesNotLiveOnItsNeighboursCheck() async throws {
        let station = try await TestStation()
        let golden = try Self.golden(try await Self.devices(units: 1), at: 0)
        #expect(codes(try await run(station, golden, units: 1)) == ["G01"])
        var settings = station.settings()
        settings.golden = golden
        let line = try station.line(units: 1, seed: 8)
        let report = try await Line(
            plan: try station.plan(),
            slots: [("Z", EmptyFixture(slot: line.slot("Z"))), ("B", line.slot("B"))],
            store: station.store, settings: settings
        ).run()
        #expect(codes(report.units) == ["A17"])
    }

    @Test func withoutGoldenUnitsNothingIsAsked() async throws {
        let station = try await TestStation()
        #expect(codes(try await run(station, nil, units: 1)) == [""])
        let partsOnly = GoldenSettings(interval: .seconds(60), reminder: .zero, units: [], gaugeParts: [])
        #expect(codes(try await run(station, partsOnly, seed: 8, units: 1)) == [""])
    }

    @Test func partsOfGaugeStudiesAreMeasuredBehindAShutGateAndDoNotOpenIt() async throws {
        let station = try await TestStation()
        let units = try await run(
            station, try Self.golden(try await Self.devices(), at: 2, gaugePart: 0))
        #expect(codes(units) == ["G01", "A17", "G01"])
    }

    // MARK: At the desk

    /// A desk of one slot, with so many units in its feed.
    private func desk(_ station: TestStation, _ golden: GoldenSettings, units: Int = 3) throws -> (
        Desk, Codes
    ) {
        let codes = Codes()
        var settings = station.settings()
        settings.golden = golden
        let line = try station.line(units: units)
        let desk = Desk(
            slots: [DeskSlot(name: "A", number: 1, kind: .emulated) { _ in line.slot("A") }],
            store: station.store, settings: settings,
            tell: { event in
                if case .line(let event) = event, case .finished(let unit) = event.kind {
                    codes.add(unit.reason?.code.rawValue ?? "")
                }
            })
        return (desk, codes)
    }

    @Test func unitsThatTheLineSeatsByItselfPassTheGateToo() async throws {
        let station = try await TestStation()
        let (desk, codes) = try desk(station, try Self.golden(try await Self.devices()))
        try await desk.open(try station.plan(), mode: .automatic)
        await desk.untilSettled(["WO-2026-0117"])
        #expect(codes.all == ["A17", "G01", ""])
    }

    /// An automatic slot would carry unit after unit in and out; after three it waits for a person with the golden unit.
    @Test func unitsAreNotTurnedAwayWithoutEnd() async throws {
        let station = try await TestStation()
        let devices = try await Self.devices(units: 6)
        let golden = try Self.golden(devices, at: 4)
        let (desk, codes) = try desk(station, golden, units: 6)
        try await desk.open(try station.plan(), mode: .automatic)
        await desk.untilIdle()
        #expect(codes.all == ["A17", "A17", "A17"])
        guard case .attention(let why) = await desk.standing(of: "A") else {
            Issue.record("the slot goes on")
            return
        }
        #expect(why.contains("put the golden unit in"))
        try await desk.clear("A", by: DeskPerson(id: "op-17", place: "tests"))
        await desk.untilSettled(["WO-2026-0117"])
        #expect(codes.all == ["A17", "A17", "A17", "A17", "G01", ""])
    }

    @Test func scannedStartsPassTheGateToo() async throws {
        let station = try await TestStation()
        let devices = try await Self.devices()
        let (desk, codes) = try desk(station, try Self.golden(devices, at: 1))
        try await desk.open(try station.plan(), mode: .scan)
        let person = DeskPerson(id: "op-17", place: "tests")
        func start(_ code: String?) async throws {
            try await desk.start("A", code: code, order: nil, by: person)
            await desk.untilIdle()
        }
        // Turned away by its label, before anybody waits for it.
        await #expect(throws: DeskRefusal.goldenShut(slot: "A", .shutNever)) {
            try await start("ES0100001")
        }
        #expect(codes.all == [])
        // Without a label it is taken in, and turned away by who it says it is.
        try await start(nil)
        #expect(codes.all == ["A17"])
        try await start("GOLDEN-1")
        #expect(codes.all == ["A17", "G01"])
        try await start("ES0100001")
        #expect(codes.all == ["A17", "G01", ""])
    }

    @Test func changedGoldenUnitsCountFromTheNextStart() async throws {
        let station = try await TestStation()
        let (desk, _) = try desk(station, try Self.golden(try await Self.devices()))
        try await desk.open(try station.plan(), mode: .scan)
        let person = DeskPerson(id: "op-17", place: "tests")
        await #expect(throws: DeskRefusal.self) {
            try await desk.start("A", code: "ES0100001", order: nil, by: person)
        }
        await desk.use(golden: nil)
        try await desk.start("A", code: "ES0100001", order: nil, by: person)
        await desk.untilIdle()
    }
}

/// What a desk told of ended units.
final class Codes: Sendable {
    private let codes = Mutex<[String]>([])
    var all: [String] { codes.withLock { $0 } }
    func add(_ code: String) { codes.withLock { $0.append(code) } }
}
