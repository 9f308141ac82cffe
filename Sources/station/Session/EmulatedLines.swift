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

/// Slots made of software, as station.yaml and line.yaml describe them.
enum EmulatedSlots {
    static func make(
        for folder: StationFolder, plan: BlessingPlan, wishes: EmulationWishes, shelf: String?
    ) throws -> Made {
        let slots = folder.station.slots.filter { $0.fixture == .emulated }
        guard !slots.isEmpty else { return Made() }
        let (line, firmware, remarks) = try Self.line(
            for: folder, order: plan.order, wishes: wishes, shelf: shelf)
        return Made(
            slots: slots.map { ($0.name, line.slot($0.name)) },
            firmware: firmware.map { digest in
                Dictionary(slots.map { ($0.name, digest) }, uniquingKeysWith: { first, _ in first })
            } ?? [:], remarks: remarks)
    }

    /// Slots, what their units run, and what a reader of the record must know about them.
    struct Made {
        var slots: [(name: String, fixture: any Fixture)] = []
        /// By the slot's name.
        var firmware: [String: SHA256Digest] = [:]
        var remarks: [String] = []
    }

    /// What the units of every order run, by the slot's name.
    static func firmware(for folder: StationFolder, wishes: EmulationWishes) throws -> [String: SHA256Digest]
    {
        let names = folder.station.slots.filter { $0.fixture == .emulated }.map(\.name)
        guard !names.isEmpty else { return [:] }
        var setup = LineSetup(seed: 0, units: 0)
        if let file = wishes.firmware ?? folder.line?.firmware.map(folder.resolve) {
            setup.firmware = .squirrel(
                factory: try SquirrelSources.program(file, libraries: wishes.libraries),
                application: .application)
        }
        guard let digest = setup.firmware.factoryDigest else { return [:] }
        return Dictionary(names.map { ($0, digest) }, uniquingKeysWith: { first, _ in first })
    }

    /// The units that arrive for an order, as line.yaml and the command line say.
    ///
    /// - Returns: also the factory firmware's content, and what a reader of the record must know about units that are
    ///   not run as shipped.
    static func line(
        for folder: StationFolder, order: WorkOrder, wishes: EmulationWishes, shelf: String? = nil
    ) throws -> (line: EmulatedLine, firmware: SHA256Digest?, remarks: [String]) {
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
        do {
            let line = try EmulatedLine(setup, shelf: shelf.map { UnitShelf(folder: $0) })
            return (line, setup.firmware.factoryDigest, remarks)
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
