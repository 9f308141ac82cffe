import Blessing
import Fixturing
import Foundation
import Imp003
import ImpEmulator
import StationConfig
import StationStore
import Testing

/// When a unit that did not pass may be tried again, and where.
@Suite struct RetestTests {
    /// The demo station whose SKU has another retest policy.
    private func station(_ retest: String) async throws -> TestStation {
        try await TestStation { folder in
            let file = folder + "/skus/env-sensor-base.yaml"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let start = try #require(text.range(of: "retest:\n"))
            let lines = text[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
            let rest = lines.drop { $0.hasPrefix("  ") }.joined(separator: "\n")
            let changed = text[..<start.upperBound] + retest + "\n" + rest
            try changed.write(toFile: file, atomically: true, encoding: .utf8)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let retest: String
        let faults: String
        let outcomes: [RunOutcome]
        let codes: [ReasonCode?]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "a silent unit may come back when the SKU says so",
            retest: "  attempts: 2\n  when: [silent]", faults: "module-restart@16.74s^1",
            outcomes: [.failed, .passed], codes: [.restarted, nil]),
        Case(
            testDescription: "and not when it does not",
            retest: "  attempts: 2\n  when: [fail]", faults: "module-restart@16.74s^1",
            outcomes: [.failed, .refused], codes: [.restarted, .attemptsExhausted]),
        Case(
            testDescription: "a refusal by the cloud, allowed",
            retest: "  attempts: 2\n  when: [refused]", faults: "cloud-refuses^1",
            outcomes: [.failed, .passed], codes: [.blessRefused, nil]),
        Case(
            testDescription: "a refusal by the cloud, not allowed",
            retest: "  attempts: 2\n  when: [fail, silent]", faults: "cloud-refuses^1",
            outcomes: [.failed, .refused], codes: [.blessRefused, .attemptsExhausted]),
        Case(
            testDescription: "never after a stage",
            retest: "  attempts: 3\n  when: [fail]\n  not-after: [test]", faults: "cold-joint:i2c^1",
            outcomes: [.failed, .refused], codes: [.testFailed, .attemptsExhausted]),
    ]

    @Test(arguments: cases)
    func causesDecide(_ row: Case) async throws {
        let station = try await station(row.retest)
        let line = try station.line(units: 1, faults: row.faults, retests: 1)
        let report = try await station.run(line, plan: try station.plan())
        #expect(report.units.map(\.outcome) == row.outcomes)
        #expect(report.units.map { $0.reason?.code } == row.codes)
    }

    /// A unit that may not come back gives its serial number back at once, whatever it ended with.
    @Test(arguments: [
        ("  attempts: 2\n  when: [silent]", SerialStatus.State.leased),
        ("  attempts: 2\n  when: [fail]", .returned),
        ("  attempts: 1\n  when: [silent]", .returned),
        ("  attempts: 2\n  when: [silent]\n  not-after: [test]", .returned),
    ])
    func noSerialNumberStaysWithAUnitThatMayNotComeBack(retest: String, state: SerialStatus.State)
        async throws
    {
        let station = try await station(retest)
        let line = try station.line(units: 1, faults: "module-restart@16.74s^1")
        let report = try await station.run(line, plan: try station.plan())
        #expect(report.units.map(\.reason?.code) == [.restarted])
        let serial = try #require(try await station.store.reader.serial("ES0100001"))
        #expect(serial.state == state)
    }

    @Test func aPersonsAbortIsNoAttempt() async throws {
        let station = try await station("  attempts: 1")
        let plan = try station.plan()
        let control = LineControl()
        let aborted = try await station.run(
            try station.line(units: 1), plan: plan, control: control,
            tell: { event in if case .stage(.test) = event.kind { control.abort() } })
        #expect(aborted.units.map(\.reason?.code) == [.stoppedByOperator])
        let again = try await station.run(try station.line(units: 1), plan: plan)
        #expect(again.units.map(\.outcome) == [.passed])
        #expect(again.units.map(\.attempt) == [1])

        let strict = try await self.station("  attempts: 2\n  when: [fail]")
        let stop = LineControl()
        _ = try await strict.run(
            try strict.line(units: 1), plan: try strict.plan(), control: stop,
            tell: { event in if case .stage(.test) = event.kind { stop.abort() } })
        let refused = try await strict.run(try strict.line(units: 1), plan: try strict.plan())
        #expect(refused.units.map(\.reason?.code) == [.attemptsExhausted])
    }

    @Test(arguments: ["prefer", "require"])
    func anotherSlotIsAskedForWhileOneIsFree(newSlot: String) async throws {
        let station = try await station("  attempts: 3\n  when: [fail]\n  new-slot: \(newSlot)")
        let line = try station.line(units: 1, faults: "cold-joint:i2c^1", retests: 2)
        let report = try await station.run(line, plan: try station.plan(), slots: ["A", "B"])
        let tried = report.units.filter { $0.reason?.code != .otherSlotRequired }.sorted {
            ($0.run?.rawValue ?? 0) < ($1.run?.rawValue ?? 0)
        }
        #expect(tried.map(\.outcome) == [.failed, .passed])
        #expect(Set(tried.map(\.slot)).count == 2)
    }

    @Test func theOnlySlotWillDoWhenAnotherIsMerelyPreferred() async throws {
        let station = try await station("  attempts: 2\n  when: [fail]\n  new-slot: prefer")
        let line = try station.line(units: 1, faults: "cold-joint:i2c^1", retests: 1)
        let report = try await station.run(line, plan: try station.plan(), slots: ["A"])
        #expect(report.units.map(\.outcome) == [.failed, .passed])
    }

    /// Serial numbers may carry a suffix, from the order's file to the record.
    @Test func serialNumbersCarryTheirSuffix() async throws {
        let station = try await TestStation { folder in
            let file = folder + "/orders/WO-2026-0117.yaml"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try text.replacingOccurrences(of: "width: 7", with: "width: 7, suffix: \"-B\"").write(
                toFile: file, atomically: true, encoding: .utf8)
        }
        let report = try await station.run(try station.line(units: 2), plan: try station.plan())
        #expect(report.units.compactMap(\.serial) == ["ES0100001-B", "ES0100002-B"])
        let status = try #require(try await station.store.reader.order("WO-2026-0117"))
        #expect(status.serialSuffix == "-B")
        #expect(try await station.store.reader.verify().findings == [])
    }
}
