import Testing

@testable import ImpEmulator

@Suite struct FaultParsingTests {
    @Test func everyExampleOfTheTableIsRead() throws {
        for row in FaultTable.rows {
            let fault = try Fault(parsing: row.example)
            #expect(FaultTable.name(of: fault.kind) == row.name)
            #expect(try Fault(parsing: fault.description) == fault, "\(fault)")
            #expect(!row.effect.isEmpty && !row.allowed.isEmpty)
        }
        #expect(Set(FaultTable.rows.map(\.name)).count == FaultTable.rows.count)
    }

    @Test(arguments: [
        ("stuck-pin:C=0", Fault(.stuckPin(.c, high: false))),
        ("brown-out@5.2s", Fault(.brownOut, at: .milliseconds(5200))),
        ("brown-out@800ms#4", Fault(.brownOut, at: .milliseconds(800), units: 4...4)),
        ("weak-antenna:-25%0.05", Fault(.weakAntenna(decibels: -25), probability: 0.05)),
        ("uart-silent#3-5^1", Fault(.uartSilent, units: 3...5, seatings: 1)),
        ("usb-unplug@3s", Fault(.usbUnplug(nil), at: .seconds(3))),
        ("usb-unplug : 2s @3s", Fault(.usbUnplug(.seconds(2)), at: .seconds(3))),
        ("bad-sector:0x80000", Fault(.badSector(address: 0x80000))),
        ("bad-sector:524288", Fault(.badSector(address: 0x80000))),
        ("cold-joint:i2c^2%0.5#9", Fault(.coldJoint(.i2c), probability: 0.5, units: 9...9, seatings: 2)),
    ])
    func reads(text: String, expected: Fault) throws {
        #expect(try Fault(parsing: text) == expected)
    }

    @Test(arguments: [
        ("on-fire", "no-power, short"), ("stuck-pin", "parameter"), ("stuck-pin:I=0", "0 or 1"),
        ("stuck-pin:C=2", "0 or 1"), ("cold-joint:knee", "i2c, adc"), ("uart-noise:2", "0 to 1"),
        ("no-power:5", "no parameter"), ("short%2", "probability from 0 to 1"), ("short#0", "3-5"),
        ("short#5-3", "3-5"), ("short^0", "from 1"), ("brown-out", "@5.2s"),
        ("brown-out@soon", "5.2s or 800ms"),
        ("short@3s", "no time"), ("bad-sector:0x2000000", "physical byte address"), ("", "no-power"),
        ("weak-antenna:10", "-100 to 0"),
    ])
    func refusesWithWhatIsAllowed(text: String, hint: String) {
        do {
            let fault = try Fault(parsing: text)
            Issue.record("“\(text)” was read as \(fault)")
        } catch {
            #expect(error.description.contains(hint), "\(error)")
        }
    }

    @Test func plansAreLists() throws {
        let plan = try FaultPlan(parsing: " short#3 , uart-noise:0.001%0.05,, ")
        #expect(plan.faults.count == 2)
        #expect(try FaultPlan(parsing: plan.description) == plan)
        #expect(try FaultPlan(parsing: "") == .none)
        #expect(throws: FaultError.unknown(name: "x")) { try FaultPlan(parsing: "short,x") }
    }

    @Test func diceAreThrownPerUnit() throws {
        let plan = try FaultPlan(parsing: "short%0.1, no-power#7")
        let hit = (1...2000).filter { unit in
            plan.faults(forUnit: unit, seed: 5).contains { $0.kind == .short }
        }
        #expect((150...250).contains(hit.count))
        #expect(hit == (1...2000).filter { plan.faults(forUnit: $0, seed: 5).contains { $0.kind == .short } })
        #expect(plan.faults(forUnit: 7, seed: 5).contains { $0.kind == .noPower })
        #expect(!plan.faults(forUnit: 8, seed: 5).contains { $0.kind == .noPower })
    }
}
