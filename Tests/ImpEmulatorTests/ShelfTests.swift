import FactoryLink
import Fixturing
import FoundationEssentials
import Testing

@testable import ImpEmulator

/// What outlives the process.
@Suite struct ShelfTests {
    /// A folder of its own that is gone at the end.
    private final class Folder {
        let path: String

        init() {
            path = FileManager.default.temporaryDirectory.path + "/imp-shelf-\(UInt64.random(in: 0 ... .max))"
            try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var shelf: UnitShelf { UnitShelf(folder: path) }

        func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    private static let setup: LineSetup = {
        var setup = LineSetup(units: 3, chipPart: "GD25Q40", retests: 1)
        setup.release.wifiFirmwareBytes = 8192
        return setup
    }()

    @Test func aUnitComesBackWhole() throws {
        let folder = Folder()
        var recipe = try #require(Self.setup.recipes.first)
        recipe.faults = try FaultPlan(parsing: "uart-noise:0.001,brown-out@5.2s,short^2").faults
        var state = UnitState(recipe: recipe)
        state.place = .seated(slot: "3")
        state.seatings = 2
        state.retests = 1
        state.spentFaults = [1]
        var config = ModuleConfig()
        config.region = .gb
        config.nvram = Array(0..<200)
        state.pages.finish(try #require(state.pages.write(of: config)))
        state.flash.sectors[112] = [UInt8](repeating: 0x5A, count: 4096)
        try folder.shelf.save(state)
        #expect(try folder.shelf.load() == [state])
        state.place = .left(.quarantined)
        state.flash.sectors[113] = [UInt8](repeating: 0, count: 4096)
        try folder.shelf.save(state)
        #expect(try folder.shelf.load() == [state])
        #expect(try folder.files().count == 2, "the old content is gone")
    }

    /// The line is abandoned without a word, as by a SIGKILL; another one goes on from its shelf.
    @Test func aKilledLineGoesOnWhereItWas() async throws {
        let folder = Folder()
        do {
            let line = try EmulatedLine(Self.setup, shelf: folder.shelf)
            let done = line.slot("1")
            _ = try await done.awaitUnit()
            try await done.release(.pass)
            let slot = line.slot("2")
            #expect(try await slot.awaitUnit()?.ordinal == 2)
            let link = try await slot.startFactoryFirmware()
            _ = try await link.ask(SetRegion(code: 0x4247))
            _ = try await link.ask(WriteFlash(address: 0x2000, data: [9, 8, 7]))
            _ = try await link.ask(Bless(passed: true))
        }
        let line = try EmulatedLine(Self.setup, shelf: folder.shelf)
        #expect(line.cloud.blessings.map(\.outcome) == [.accepted])
        let slot = line.slot("2")
        let arrival = try await slot.awaitUnit()
        #expect(arrival?.ordinal == 2, "it still sits there")
        #expect(try await slot.inspect { $0.phase } == .off)
        #expect(try await slot.inspect { $0.config.region } == .gb)
        #expect(try await slot.inspect { $0.flash.chip?.contents(0x72000..<0x72003) } == [9, 8, 7])
        try await slot.setPower(true)
        try await slot.time.sleep(for: .seconds(12))
        #expect(try await slot.inspect { $0.phase } == .running(.application))
        #expect(try await line.slot("1").awaitUnit()?.ordinal == 3, "the first has left")
    }

    @Test func whatTheStationWroteToTheFlashIsThere() async throws {
        let folder = Folder()
        do {
            let slot = try EmulatedLine(Self.setup, shelf: folder.shelf).slot("1")
            _ = try await slot.awaitUnit()
            try await slot.setReset(held: true)
            try await slot.setPower(true)
            _ = try await slot.flashBus.perform([
                .exchange(write: [0x06], readCount: 0),
                .exchange(write: ModuleFlash.command(0x02, 0x78000) + [4, 5, 6], readCount: 0),
                .poll(.init(typical: .milliseconds(1), limit: .milliseconds(9))),
            ])
        }
        let unit = try #require(try folder.shelf.load().first { $0.recipe.ordinal == 1 })
        #expect(unit.flash.sectors[0x78]?.prefix(4) == [4, 5, 6, 0xFF])
    }

    @Test func unitsInTheRetestTrayComeLast() async throws {
        let folder = Folder()
        do {
            let slot = try EmulatedLine(Self.setup, shelf: folder.shelf).slot("1")
            _ = try await slot.awaitUnit()
            try await slot.release(.fail)
        }
        let slot = try EmulatedLine(Self.setup, shelf: folder.shelf).slot("1")
        var order: [Int] = []
        while let arrival = try await slot.awaitUnit() {
            order.append(arrival.ordinal)
            try await slot.release(.pass)
        }
        #expect(order == [2, 3, 1])
    }

    @Test func aTornLineOfTheBlessingLogDoesNotCount() throws {
        let folder = Folder()
        let record = BlessingRecord(
            deviceID: "a", ordinal: 1, outcome: .accepted, answered: true, repeated: false)
        folder.shelf.append(record)
        folder.shelf.append(record)
        let path = folder.path + "/blessings.jsonl"
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes.removeLast(5)
        try bytes.write(to: URL(filePath: path))
        #expect(try folder.shelf.blessings() == [record])
    }

    @Test(arguments: ["json", "flash", "missing"])
    func damageIsNamed(kind: String) throws {
        let folder = Folder()
        let state = UnitState(recipe: try #require(Self.setup.recipes.first))
        try folder.shelf.save(state)
        let name = try #require(
            try folder.files().first { $0.hasSuffix(kind == "json" ? ".json" : ".flash") })
        let path = folder.path + "/" + name
        switch kind {
        case "json": try Data("{".utf8).write(to: URL(filePath: path))
        case "flash": try Data("NORF????".utf8).write(to: URL(filePath: path))
        default: try FileManager.default.removeItem(atPath: path)
        }
        #expect(throws: ShelfError.self) { try folder.shelf.load() }
        #expect(throws: ShelfError.self) { try EmulatedLine(Self.setup, shelf: folder.shelf) }
    }

    @Test func aFolderThatCannotBeMadeIsNamedWhenAUnitIsWrittenDown() throws {
        let shelf = UnitShelf(folder: "/proc/no-such-place/shelf")
        #expect(try shelf.load().isEmpty)
        let state = UnitState(recipe: try #require(Self.setup.recipes.first))
        let error = #expect(throws: ShelfError.self) { try shelf.save(state) }
        #expect("\(try #require(error))".contains("/proc/no-such-place/shelf"))
    }
}
