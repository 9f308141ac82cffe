import Blessing
import Fixturing
import ImpEmulator
import NORChipModel
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
    ) throws -> (slots: [(name: String, fixture: any Fixture)], remarks: [String]) {
        let slots = folder.station.slots.filter { $0.fixture == .emulated }
        guard !slots.isEmpty else { return ([], []) }
        let line = try line(for: folder, order: plan.order, wishes: wishes, shelf: shelf)
        return (slots.map { ($0.name, line.slot($0.name)) }, try remarks(folder, wishes))
    }

    /// What a reader of the record must know about units that were not run as shipped.
    private static func remarks(_ folder: StationFolder, _ wishes: EmulationWishes) throws -> [String] {
        var remarks: [String] = []
        if let file = wishes.firmware ?? folder.line?.firmware.map(folder.resolve) {
            let program = try SquirrelSources.program(file, libraries: wishes.libraries)
            remarks.append("Emulated units run \(file), SHA-256 with its libraries \(program.digest).")
        }
        if !wishes.broken.isEmpty {
            let rows = wishes.broken.map(\.rawValue).sorted().joined(separator: ", ")
            remarks.append("Emulated units have these behaviours of Release 30 undone: \(rows).")
        }
        return remarks
    }

    /// The units that arrive for an order, as line.yaml and the command line say.
    static func line(
        for folder: StationFolder, order: WorkOrder, wishes: EmulationWishes, shelf: String? = nil
    ) throws -> EmulatedLine {
        let settings = folder.line
        // Each order has modules of its own: a second order on the same line must not meet the first one's units.
        var dice = SeededGenerator.derived(from: wishes.seed ?? settings?.seed ?? 1, label: order.id)
        var setup = LineSetup(
            seed: dice.next(), units: wishes.units ?? settings?.units ?? order.quantity)
        if let part = settings?.chip(for: order.sku) { setup.chipPart = part }
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
        }
        setup.release.broken = wishes.broken
        setup.pace = wishes.pace > 0 ? 1 / wishes.pace : 0
        do {
            return try EmulatedLine(setup, shelf: shelf.map { UnitShelf(folder: $0) })
        } catch let error as ShelfError {
            throw StationFailure(.badInput, "\(error)")
        } catch let error as LineError {
            throw StationFailure(.badInput, "\(error)")
        }
    }
}

extension EmulatorVocabulary {
    /// What this program's emulator knows.
    static let ours = EmulatorVocabulary(chips: NORPart.catalogue.map(\.name)) { text in
        do {
            _ = try Fault(parsing: text)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
