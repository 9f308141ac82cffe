import Blessing
import Fixturing
import ImpEmulator
import StationConfig
import TimeAndChance

/// What the command line asks of an emulated line; nil takes line.yaml's value.
struct EmulationWishes {
    var units: Int?
    var seed: UInt64?
    var faults: String?
    /// Times faster than real time; 0 for as fast as possible.
    var pace: Double = 0
    /// Rows of the release notes whose behaviour is undone.
    var broken: Set<RowID> = []
    /// Factory firmware instead of line.yaml's.
    var firmware: String?
    /// Where its `#require` lines find libraries.
    var libraries: [String] = []
}

/// Slots made of software, as station.yaml and line.yaml describe them.
enum EmulatedSlots {
    static func make(
        for folder: StationFolder, plan: BlessingPlan, wishes: EmulationWishes, shelf: String?
    ) throws -> [(name: String, fixture: any Fixture)] {
        let settings = folder.line
        // Each order has modules of its own: a second order on the same line must not meet the first one's units.
        var dice = SeededGenerator.derived(from: wishes.seed ?? settings?.seed ?? 1, label: plan.order.id)
        var setup = LineSetup(
            seed: dice.next(), units: wishes.units ?? settings?.units ?? plan.order.quantity)
        if let part = settings?.chips[plan.variant.sku] ?? settings?.chips["default"] {
            setup.chipPart = part
        }
        setup.retests = settings?.retests ?? 0
        setup.retestOrder = settings?.retestOrder == .immediately ? .immediately : .afterNewUnits
        do {
            setup.faults = try FaultPlan(parsing: wishes.faults ?? settings?.faultText ?? "")
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
        if let file = wishes.firmware ?? settings?.firmware.map(folder.resolve) {
            let program = try SquirrelSources.program(file, libraries: wishes.libraries)
            setup.firmware = .squirrel(factory: program, application: .application)
            Terminal.note("Emulated units run \(file), SHA-256 with its libraries \(program.digest).")
        }
        setup.release.broken = wishes.broken
        setup.pace = wishes.pace > 0 ? 1 / wishes.pace : 0
        do {
            let line = try EmulatedLine(setup, shelf: try shelf.map { try UnitShelf(folder: $0) })
            return folder.station.slots.map { ($0.name, line.slot($0.name)) }
        } catch let error as ShelfError {
            throw StationFailure(.badInput, "\(error)")
        } catch let error as LineError {
            throw StationFailure(.badInput, "\(error)")
        }
    }
}
