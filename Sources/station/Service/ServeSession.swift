import Blessing
import Fixturing
import Foundation
import Logging
import StationConfig
import StationService
import StationStore
import Synchronization

/// One `station serve`: the record opened, earlier runs closed, the service run until somebody stops it.
struct ServeSession {
    let folder: StationFolder
    let paths: StationPaths
    let settings: ServiceSettings
    let wishes: EmulationWishes
    let plant: PlantOptions
    let orders: [(id: String, mode: DeskMode)]
    let reload: @Sendable (_ root: String) throws -> (folder: StationFolder?, problems: [ConfigProblem])

    func run() async throws {
        let network = try folder.factoryNetwork(emulated: folder.station.isEmulated)
        let lines = folder.hasEmulatedSlots ? try EmulatedLines(for: folder, wishes: wishes) : nil
        try await paths.withRecord { store in
            let courier = try PlantCourier(plant, reader: store.reader)
            let sending = courier.map { courier in Task { await courier.run { Terminal.note($0) } } }
            defer { sending?.cancel() }
            try await serve(store, network, lines)
            sending?.cancel()
            await sending?.value
            _ = try await store.signCheckpoint()
            await courier?.sendRest()
        }
    }

    private func serve(_ store: StationStore, _ network: FactoryNetwork, _ lines: EmulatedLines?) async throws
    {
        let board = TextBoard(slots: folder.station.slots.map(\.name), interactive: Terminal.isInteractive)
        let recovered = try await Recovery(store: store).closeUnfinishedRuns()
        let tally = ServeTally()
        var line = LineSettings(
            program: Program.name, operatedBy: nil, network: network, labelSpool: paths.labels,
            firmware: lines?.firmware ?? [:])
        line.golden = folder.station.golden
        let service = try await StationService(
            settings: settings, folder: folder, load: reload, store: store,
            slots: ServeSlots.make(for: folder, lines: lines, paths: paths) { sentence in
                Terminal.note(sentence)
                try await store.append(.note(Note(text: sentence)))
            },
            line: line,
            logger: Logger(label: "station") { label in
                var handler = StreamLogHandler.standardError(label: label)
                handler.logLevel = .warning
                return handler
            },
            environment: ProcessInfo.processInfo.environment,
            watch: { event in
                switch event {
                case .line(let event):
                    if case .finished(let unit) = event.kind { tally.add(unit) }
                    board.show(event)
                case .order(let order) where order.standing == .done && tally.isNew(done: order.id):
                    board.show(
                        LineEvent(
                            slot: nil,
                            .remark(
                                "work order \(order.id) is done: \(order.blessed) of \(order.quantity) blessed"
                            )))
                case .recordLost(let why):
                    board.show(LineEvent(slot: nil, .remark("the record can't be kept: \(why)")))
                default: break
                }
            })
        let hasCertificate = settings.tls != nil
        let renew: @Sendable () -> Void = { service.renewCertificate() }
        let signals = ServiceSignals(
            first: {
                Terminal.note(
                    "Putting the station down: units that are past their tests are finished. Press Ctrl-C again to stop them safely now."
                )
                service.stop()
            },
            second: {
                Terminal.note("Stopping safely now: power off first.")
                Task { await service.abortAll() }
            }, reload: hasCertificate ? renew : nil)
        defer { signals.end() }
        let code = try await service.setUpCode()
        let (settings, orders, paths, station) = (settings, orders, paths, folder.station.name)
        try await service.run(orders: orders) { address in
            Terminal.line("Station \(station): open \(address)")
            if let code {
                Terminal.line(
                    "Nobody can sign in yet. Set-up code for the first administrator, good for a day: \(code)"
                )
            }
            if !settings.untilDone { Terminal.line("It stays until Ctrl-C.") }
            Terminal.line()
            for run in recovered { board.show(LineEvent(slot: nil, .recovered(run))) }
        }
        for order in orders {
            let status = try await store.reader.order(order.id)
            board.end(tally.report(order.id, status), status, paths)
        }
        if settings.untilDone { try await judge(store) }
    }

    /// The exit code of a service that was to end with its orders.
    private func judge(_ store: StationStore) async throws {
        for order in orders {
            guard let status = try await store.reader.order(order.id), status.blessed < status.quantity else {
                continue
            }
            throw StationFailure(.unitFailed)
        }
    }
}

/// The units of a service's life, for the summary at its end.
private final class ServeTally: Sendable {
    private let units = Mutex<[UnitResult]>([])
    private let done = Mutex<Set<String>>([])

    func isNew(done order: String) -> Bool { done.withLock { $0.insert(order).inserted } }

    func add(_ unit: UnitResult) {
        units.withLock { units in
            units.append(unit)
            // A service runs for months; the summary is about its last hours.
            if units.count > 1000 { units.removeFirst() }
        }
    }

    func report(_ order: String, _ status: OrderStatus?) -> LineReport {
        var report = LineReport(order: order, quantity: status?.quantity ?? 0, blessedBefore: 0)
        report.units = units.withLock { $0 }
        return report
    }
}
