import Blessing
import ImpEmulator
import StationConfig
import StationStore
import Testing

@Suite struct LineTests {
    @Test func goodUnitsAreBlessedOnFourSlotsAndTheRecordHolds() async throws {
        let station = try await TestStation()
        let line = try station.line(units: 8)
        let report = try await station.run(line, plan: try station.plan(), slots: ["A", "B", "C", "D"])

        #expect(report.units.count == 8)
        #expect(report.count(.passed) == 8)
        #expect(Set(report.units.compactMap(\.serial)).count == 8)
        #expect(line.cloud.blessings.count { $0.outcome == .accepted } == 8)

        let reader = station.store.reader
        let order = try #require(try await reader.order("WO-2026-0117"))
        #expect(order.blessed == 8)
        for unit in report.units {
            let id = try #require(unit.device)
            let device = try #require(try await reader.device(id))
            #expect(device.isBlessed)
            #expect(device.region == "00005355")
            #expect(device.channels == "1-11")
            #expect(device.serial == unit.serial)
            #expect(device.nvram != nil)
        }
        let verification = try await reader.verify()
        #expect(verification.isClean, "\(verification.findings)")
    }

    /// What the unit itself holds afterwards, not what the record says about it.
    @Test func aBlessedUnitCarriesExactlyItsPlan() async throws {
        let station = try await TestStation()
        let shelf = UnitShelf(folder: station.home + "/shelf")
        let line = try EmulatedLine(LineSetup(seed: 7, units: 1), shelf: shelf)
        let plan = try station.plan()
        _ = try await station.run(line, plan: plan)
        let unit = try #require(try shelf.load().first)
        for image in plan.images {
            let range = image.address..<image.address + image.content.bytes.count
            // Compared outside the expectation, which would try to print how half a million bytes differ.
            let isThere = unit.flash.bytes(range) == image.content.bytes
            #expect(isThere, "\(image.content.name)")
        }
        #expect(unit.config.region == .us)
        let hasNVRAM = unit.config.nvram == plan.nvram?.bytes
        #expect(hasNVRAM)
        #expect(unit.config.wifi == nil, "imp.clearconfiguration() leaves no network behind")
    }

    @Test func anOrderTakesNoMoreThanItsQuantity() async throws {
        let station = try await TestStation()
        let order = try #require(station.folder.orders.min { $0.quantity < $1.quantity })
        let plan = try station.plan(order.id)
        let line = try station.line(units: order.quantity + 3) { $0.chipPart = "W25Q32" }
        let report = try await station.run(line, plan: plan, slots: ["A", "B", "C"])
        #expect(report.count(.passed) == order.quantity)
        #expect(report.units.count == order.quantity)

        let again = try await station.run(try station.line(units: 2, seed: 99), plan: plan)
        #expect(again.units.isEmpty)
        #expect(again.blessedBefore == order.quantity)
    }

    @Test func aBadContactIsCuredByRetestAndTheSerialNumberStays() async throws {
        let station = try await TestStation()
        let line = try station.line(units: 1, faults: "cold-joint:i2c^1", retests: 1)
        let report = try await station.run(line, plan: try station.plan())
        #expect(report.units.map(\.outcome) == [.failed, .passed])
        #expect(report.units.map(\.attempt) == [1, 2])
        #expect(Set(report.units.compactMap(\.serial)).count == 1)
        let yield = try await station.store.reader.yield()
        #expect(yield.units == 1 && yield.firstPass == 0 && yield.passedLater == 1)
    }

    @Test func attemptsRunOut() async throws {
        let station = try await TestStation()
        let plan = try station.plan()
        let attempts = plan.variant.retest.attempts
        let line = try station.line(units: 1, faults: "cold-joint:i2c", retests: attempts)
        let report = try await station.run(line, plan: plan)
        #expect(report.units.map(\.outcome) == Array(repeating: .failed, count: attempts) + [.refused])
        #expect(report.units.last?.reason?.code == .attemptsExhausted)
        let serial = try #require(report.units.first?.serial)
        #expect(try await station.store.reader.serial(serial)?.state == .returned)
    }

    /// Intents before results, repeatable acts before final ones, in every run's own entries.
    @Test func actsFollowTheProcedure() async throws {
        let station = try await TestStation()
        let report = try await station.run(
            try station.line(units: 2), plan: try station.plan(), slots: ["A", "B"])
        for unit in report.units {
            let id = try #require(unit.run)
            let run = try #require(try await station.store.reader.run(id))
            let kinds = run.acts.map(\.kind)
            #expect(
                kinds == [.nvramInstall, .flashWrite, .flashWrite, .regionSet, .bless, .clearConfiguration])
            var last: Int64 = 0
            for act in run.acts {
                let result = try #require(act.resultSequence)
                #expect(last < act.intentSequence && act.intentSequence < result)
                #expect(act.outcome == .ok)
                last = result
            }
            let stages = run.steps.filter { $0.name.hasPrefix("stage.") }.map { String($0.name.dropFirst(6)) }
            #expect(stages == ProcedureStage.allCases.map(\.rawValue))
        }
    }

    @Test func labelsAreSpooledWholeAndRecorded() async throws {
        let station = try await TestStation()
        let report = try await station.run(try station.line(units: 1), plan: try station.plan())
        let serial = try #require(report.units[0].serial)
        let unit = try #require(try await station.store.reader.unit(serial))
        let label = try #require(unit.runs.last?.labels.first)
        let text = try String(contentsOfFile: station.home + "/labels/" + label.destination, encoding: .utf8)
        #expect(text.contains("^XA") && text.contains("^XZ"))
        #expect(text.contains(serial))
    }

    @Test func oneSeedGivesOneStory() async throws {
        func story() async throws -> [String] {
            let station = try await TestStation()
            let line = try station.line(units: 4, seed: 31, faults: "uart-noise:0.0005#2,cold-joint:button#3")
            return try await station.run(line, plan: try station.plan()).units.map {
                "\($0.ordinal) \($0.device ?? "") \($0.outcome) \($0.reason?.description ?? "") \($0.duration.wholeMilliseconds)"
            }
        }
        #expect(try await story() == story())
    }
}

extension FlashContents {
    /// What stands at these addresses; erased where nothing was written.
    fileprivate func bytes(_ range: Range<Int>) -> [UInt8] {
        range.map { sectors[$0 / 4096]?[$0 % 4096] ?? 0xFF }
    }
}
