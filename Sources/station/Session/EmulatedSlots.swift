import Blessing
import Fixturing
import ImpEmulator
import NORChipModel
import StationConfig
import TimeAndChance

/// What the command line asks of an emulated line; nil takes line.yaml's value.
struct EmulationWishes {
    var arriving = ArrivingUnits()
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
        let (line, remarks) = try Self.line(for: folder, order: plan.order, wishes: wishes, shelf: shelf)
        return (slots.map { ($0.name, line.slot($0.name)) }, remarks)
    }

    /// The units that arrive for an order, as line.yaml and the command line say.
    ///
    /// - Returns: also what a reader of the record must know about units that are not run as shipped.
    static func line(
        for folder: StationFolder, order: WorkOrder, wishes: EmulationWishes, shelf: String? = nil
    ) throws -> (line: EmulatedLine, remarks: [String]) {
        let settings = folder.line
        var remarks: [String] = []
        // Each order has modules of its own: a second order on the same line must not meet the first one's units.
        var dice = SeededGenerator.derived(from: wishes.arriving.seed ?? settings?.seed ?? 1, label: order.id)
        var setup = LineSetup(
            seed: dice.next(), units: wishes.arriving.units ?? settings?.units ?? order.quantity)
        if let part = settings?.chip(for: order.sku) { setup.chipPart = part }
        setup.retests = settings?.retests ?? 0
        setup.retestOrder = settings?.retestOrder == .immediately ? .immediately : .afterNewUnits
        do {
            setup.faults = try FaultPlan(parsing: wishes.arriving.faults ?? settings?.faultText ?? "")
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
        if let file = wishes.firmware ?? settings?.firmware.map(folder.resolve) {
            let program = try SquirrelSources.program(file, libraries: wishes.libraries)
            setup.firmware = .squirrel(factory: program, application: .application)
            remarks.append("Emulated units run \(file), SHA-256 with its libraries \(program.digest).")
        }
        setup.release.broken = wishes.broken
        if !wishes.broken.isEmpty {
            let rows = wishes.broken.map(\.rawValue).sorted().joined(separator: ", ")
            remarks.append("Emulated units have these behaviours of Release 30 undone: \(rows).")
        }
        setup.pace = wishes.pace > 0 ? 1 / wishes.pace : 0
        do {
            return (try EmulatedLine(setup, shelf: shelf.map { UnitShelf(folder: $0) }), remarks)
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
