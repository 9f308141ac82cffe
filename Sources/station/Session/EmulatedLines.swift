import Blessing
import ContentAddress
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

/// The lines made of software that line.yaml and the command line describe, one an order. What is the same for all of
/// them – firmware compiled, board read, faults parsed – is made once.
struct EmulatedLines: Sendable {
    private let settings: EmulatedLineSettings?
    private let wishes: EmulationWishes
    private let common: LineSetup
    private let slots: [String]
    /// What a reader of the record must know about units that are not run as shipped.
    let remarks: [String]

    /// - Throws: what is wrong with firmware, board or faults, as a sentence for a person.
    init(for folder: StationFolder, wishes: EmulationWishes) throws {
        self.wishes = wishes
        settings = folder.line
        slots = folder.station.slots.filter { $0.fixture == .emulated }.map(\.name)
        var remarks: [String] = []
        var setup = LineSetup(seed: 0, units: 0)
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
        if let file = settings?.board.map(folder.resolve) {
            setup.board = try BoardSource.read(file)
            remarks.append("Emulated units are built as \(file) says: \(setup.board.name).")
        }
        setup.release.broken = wishes.broken
        if !wishes.broken.isEmpty {
            let rows = wishes.broken.map(\.rawValue).sorted().joined(separator: ", ")
            remarks.append("Emulated units have these behaviours of Release 30 undone: \(rows).")
        }
        setup.pace = wishes.pace > 0 ? 1 / wishes.pace : 0
        common = setup
        self.remarks = remarks
    }

    /// SHA-256 of the factory firmware, by the emulated slot's name.
    var firmware: [String: SHA256Digest] {
        guard let digest = common.firmware.factoryDigest else { return [:] }
        return Dictionary(slots.map { ($0, digest) }, uniquingKeysWith: { first, _ in first })
    }

    /// The units that arrive for an order.
    ///
    /// - Parameter shelf: the folder in which they lie between two commands; nil for units that are forgotten.
    func line(for order: WorkOrder, shelf: String? = nil) throws -> EmulatedLine {
        var setup = common
        // Each order has modules of its own: a second order on the same line must not meet the first one's units.
        var dice = SeededGenerator.derived(from: wishes.arriving.seed ?? settings?.seed ?? 1, label: order.id)
        setup.seed = dice.next()
        setup.units = wishes.arriving.units ?? settings?.units ?? order.quantity
        if let part = settings?.chip(for: order.sku) { setup.chipPart = part }
        do {
            return try EmulatedLine(setup, shelf: shelf.map { UnitShelf(folder: $0) })
        } catch let error as ShelfError {
            throw StationFailure(.badInput, "\(error)")
        } catch let error as LineError {
            throw StationFailure(.badInput, "\(error)")
        }
    }

    /// The emulated slots of a session with one order, side by side on one line.
    func fixtures(for order: WorkOrder, shelf: String) throws -> [(name: String, fixture: any Fixture)] {
        guard !slots.isEmpty else { return [] }
        let line = try line(for: order, shelf: shelf)
        return slots.map { ($0, line.slot($0)) }
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
