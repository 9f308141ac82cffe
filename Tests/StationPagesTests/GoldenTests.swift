import Imp003
import Testing

@testable import StationConfig
@testable import StationPages

@Suite struct GoldenTests {
    static let unit = GoldenSettings.Unit(
        name: "golden-1", device: (try? DeviceID(parsing: "30000c2a69000001")) ?? placeholder,
        values: [.init(step: "rail", name: "rail_3v3", reference: 3.3, tolerance: 0.01)])

    private static var placeholder: DeviceID { preconditionFailure("the device ID above can't be read") }

    static let settings = GoldenSettings(
        interval: .seconds(8 * 3600), reminder: .seconds(1800), units: [unit], gaugeParts: [])

    static let hour: Int64 = 3_600_000
    static let now: Int64 = 1_795_400_000_000

    static func check(_ age: Int64, faults: [String] = []) -> GoldenGate.Check {
        GoldenGate.Check(at: now - age, unit: "golden-1", faults: faults)
    }

    @Test(arguments: [
        ([], GoldenGate.Decision.shutNever),
        ([check(hour)], .open(remaining: 7 * hour)),
        ([check(0)], .open(remaining: 8 * hour)),
        ([check(8 * hour - 1800_000)], .dueSoon(remaining: 1800_000)),
        ([check(8 * hour - 1)], .dueSoon(remaining: 1)),
        ([check(8 * hour)], .shutOverdue(age: 8 * hour)),
        ([check(300 * hour)], .shutOverdue(age: 300 * hour)),
        ([check(hour, faults: ["rail"])], .shutOff(unit: "golden-1", faults: ["rail"])),
        // Only the newest counts, whatever the order.
        ([check(2 * hour, faults: ["rail"]), check(hour)], .open(remaining: 7 * hour)),
        ([check(hour), check(2 * hour)], .open(remaining: 7 * hour)),
        ([check(hour), check(hour / 2, faults: ["x"])], .shutOff(unit: "golden-1", faults: ["x"])),
        // A calendar that was set back.
        ([check(-30_000)], .open(remaining: 8 * hour)),
        ([check(-61_000)], .shutClock),
        ([check(-40 * 24 * hour)], .shutClock),
    ]) func decisions(checks: [GoldenGate.Check], decision: GoldenGate.Decision) {
        #expect(GoldenGate.decide(checks: checks, settings: Self.settings, now: Self.now) == decision)
    }

    @Test func withoutGoldenUnitsNothingIsWatched() {
        #expect(GoldenGate.decide(checks: [], settings: nil, now: 0) == .notWatched)
        let partsOnly = GoldenSettings(
            interval: .seconds(60), reminder: .zero, units: [], gaugeParts: [Self.unit])
        #expect(GoldenGate.decide(checks: [], settings: partsOnly, now: 0) == .notWatched)
        #expect(GoldenGate.Decision.notWatched.isOpen)
        #expect(!GoldenGate.Decision.shutNever.isOpen)
    }

    @Test(arguments: [(3.3, 0), (3.31, 0), (3.2901, 0), (3.3101, 1), (.nan, 1), (nil, 1)])
    func faultsOfChecks(value: Double?, count: Int) {
        let faults = GoldenGate.faults(of: Self.unit) { step, name in
            step == "rail" && name == "rail_3v3" ? value : 0
        }
        #expect(faults.count == count, "\(faults)")
    }

    @Test(arguments: ["golden-1", "GOLDEN-1", "30000c2a69000001", "0C:2A:69:00:00:01", "0c2a69000001"])
    func scannedCodes(code: String) {
        #expect(Self.settings.unit(scanned: code)?.name == "golden-1")
    }

    @Test func otherCodesAreNoGoldenUnit() {
        for code in ["ES0100001", "", "0c2a69000002", "golden"] {
            #expect(Self.settings.unit(scanned: code) == nil)
        }
        #expect(Self.settings.devices == ["30000c2a69000001"])
    }

    @Test(arguments: ["en", "zh-Hans"]) func everyDecisionHasASentence(language: String) {
        for decision in [
            GoldenGate.Decision.notWatched, .open(remaining: 1), .dueSoon(remaining: 1), .shutNever,
            .shutOverdue(age: 9 * Self.hour), .shutOff(unit: "g", faults: ["f"]), .shutClock,
        ] {
            let text = decision.sentence(slot: "B", language: language)
            #expect(!text.contains("{") && !text.contains("golden_"), "\(text)")
        }
    }
}
