import Blessing
import Fixturing
import Foundation
import HTTPTypes
import Hummingbird
import Imp003
import ImpEmulator
import Ledger
import Logging
import NIOCore
import People
import StationConfig
import StationStore
import Synchronization
import TimeAndChance

@testable import StationService

/// A service on the shipped demo station and emulated slots, with real files, asked without a socket.
final class ServiceBench: Sendable {
    let home: String
    private let keepsHome: Bool
    let folder: StationFolder
    let store: StationStore
    let service: StationService
    private let responder: StationResponder

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// - Parameters:
    ///   - home: of an earlier bench, to see what a restart finds; nil makes a new one.
    ///   - faults: of the emulated units.
    ///   - patience: for another program's lock on the service's database, seconds.
    ///   - edit: changes a copy of the demo's folder; nil takes the demo as it is shipped.
    convenience init(
        home old: String? = nil, guests: Bool = false, units: Int = 8, pace: Double = 0,
        faults: String = "", clock: any WallClock = SystemWallClock(), patience: Double = 5,
        edit: ((_ folder: String) throws -> Void)? = nil
    ) async throws {
        let home = old ?? NSTemporaryDirectory() + "service-\(UUID().uuidString)"
        var settings = ServiceSettings(home: home, program: "tests")
        settings.guests = guests
        settings.databasePatience = patience
        try await self.init(
            settings: settings, units: units, pace: pace, faults: faults, clock: clock, edit: edit)
    }

    init(
        settings: ServiceSettings, units: Int, pace: Double, faults: String = "",
        clock: any WallClock = SystemWallClock(), keepsHome: Bool = false,
        edit: ((_ folder: String) throws -> Void)? = nil
    ) async throws {
        home = settings.home
        self.keepsHome = keepsHome
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        var path = Self.root.appendingPathComponent("stations/demo").path
        let copy = settings.home + "/demo"
        if let edit {
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            try edit(copy)
        }
        if FileManager.default.fileExists(atPath: copy) { path = copy }
        let regulatory = try RegulatoryDatabase.shipped()
        let load: @Sendable (String) throws -> (folder: StationFolder?, problems: [ConfigProblem]) = {
            StationFolder.load(at: $0, regulatory: regulatory)
        }
        guard let folder = try load(path).folder else { throw BenchFault() }
        self.folder = folder
        let keyFile = home + "/station.key"
        let key: StationKey
        if FileManager.default.fileExists(atPath: keyFile) {
            key = try StationKey.load(from: keyFile)
            store = try await StationStore.open(at: home + "/station.db", key: key)
        } else {
            key = try StationKey.generate(name: StationStore.origin(station: folder.station.name))
            try key.save(to: keyFile)
            store = try await StationStore.create(
                at: home + "/station.db", station: folder.station.name, key: key, program: "tests")
        }
        _ = try await Recovery(store: store).closeUnfinishedRuns()
        var setup = LineSetup(seed: 7, units: units)
        setup.chipPart = "W25Q16"
        setup.pace = pace
        if !faults.isEmpty { setup.faults = try FaultPlan(parsing: faults) }
        let line = try EmulatedLine(setup)
        var lineSettings = LineSettings(
            program: "tests", operatedBy: nil,
            network: FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line"),
            labelSpool: home + "/labels")
        lineSettings.golden = folder.station.golden
        lineSettings.clock = clock
        service = try await StationService(
            settings: settings, folder: folder, load: load, store: store,
            slots: folder.station.slots.enumerated().map { index, slot in
                DeskSlot(name: slot.name, number: index + 1, kind: .emulated) { _ in line.slot(slot.name) }
            },
            line: lineSettings, clock: clock,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        responder = service.responder
    }

    deinit { if !keepsHome { try? FileManager.default.removeItem(atPath: home) } }

    struct BenchFault: Error {}

    var sources: Sources { service.sources }
    var routes: [Route] { service.table.routes }

    /// As a browser or a program would ask.
    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ json: String? = nil, as token: String? = nil,
        key: String? = nil, headers: HTTPFields = [:], host: String? = "localhost:8720",
        from remote: String = "127.0.0.1", body: [UInt8]? = nil
    ) async -> Answer {
        var fields = headers
        let bytes = body ?? json.map { Array($0.utf8) } ?? []
        if !bytes.isEmpty {
            if fields[.contentType] == nil { fields[.contentType] = "application/json" }
            fields[.contentLength] = String(bytes.count)
        }
        if let token { fields[.authorization] = "Bearer \(token)" }
        if let key { fields[.idempotencyKey] = key }
        let head = HTTPRequest(
            method: method, scheme: "http", authority: host, path: path, headerFields: fields)
        return await responder.answer(
            Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes))), from: remote,
            Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The command line's token, which may do everything.
    var console: String { service.localToken }

    /// An act by the command line with a key of its own.
    func act(_ path: String, _ json: String = "{}") async -> Answer {
        await ask(.post, path, json, as: console, key: UUID().uuidString)
    }

    /// A token for somebody of a role.
    func token(_ role: Role) async throws -> String {
        let id = "p-\(role.rawValue)"
        let author = Author(person: "tests", place: "tests")
        if try await !sources.people.users().contains(where: { $0.id == id }) {
            try await sources.people.add(NewUser(id: id, role: role), pin: nil, by: author)
        }
        return try await sources.people.makeToken(
            for: id, name: "tests", scopes: role.permissions, life: 3_600_000, by: author
        ).text
    }

    /// Blesses some units of the demo order by themselves.
    func bless() async throws {
        _ = await act("/api/v1/orders/WO-2026-0117/open", #"{"mode": "automatic"}"#)
        await sources.desk.untilSettled(["WO-2026-0117"])
        _ = try await store.signCheckpoint()
    }

    /// Waits until a slot shows one of these phases, by the events that pages see.
    func until(_ slot: String, _ phases: Set<String>) async {
        while true {
            let last = sources.hub.lastSequence
            if let phase = sources.board.slot(slot)?.phase.rawValue, phases.contains(phase) { return }
            await sources.hub.wait(after: last)
        }
    }
}

extension Answer {
    var bytes: [UInt8] {
        if case .bytes(let bytes) = body { bytes } else { [] }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] ?? [:]
    }

    var code: String? { json["code"] as? String }
}
