import Blessing
import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import People
import ServiceLifecycle
import StationConfig
import StationStore
import Synchronization
import TimeAndChance

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The station as a service: owns the slots and the record, answers people and machines over HTTP.
///
/// Everything that can be wrong is found in ``init(settings:folder:load:store:slots:line:clock:logger:watch:)``; ``run(orders:announce:)``
/// then listens until it is told to stop.
public final class StationService: Sendable {
    public let settings: ServiceSettings
    let sources: Sources
    private let logger: Logger
    private let notifier: SystemdNotifier
    let localToken: String
    private let tls: ServerCertificate?
    let sender: WebhookSender
    private let goldenBell: Bell
    private let group = Mutex<ServiceGroup?>(nil)

    /// - Parameters:
    ///   - folder: as it was loaded and checked.
    ///   - load: loads a folder as this one was: this one again, or what it would be with another revision.
    ///   - store: open, with unfinished runs closed already; is not closed here.
    ///   - line: what is the same for every unit.
    ///   - watch: sees the desk's news as well: a terminal, for instance. Must return at once.
    /// - Throws: ``ServiceRefusal``, `PeopleError`, errors of the service's own database.
    public init(
        settings: ServiceSettings, folder: StationFolder,
        load:
            @escaping @Sendable (_ root: String) throws -> (folder: StationFolder?, problems: [ConfigProblem]),
        store: StationStore, slots: [DeskSlot], line: LineSettings, clock: any WallClock = SystemWallClock(),
        logger: Logger, environment: [String: String] = [:],
        watch: @escaping @Sendable (DeskEvent) -> Void = { _ in }
    ) async throws {
        try settings.check()
        self.settings = settings
        tls = if let files = settings.tls { try ServerCertificate(files) } else { nil }
        self.logger = logger
        notifier = SystemdNotifier(environment: environment)
        localToken = try Secret.token()
        let people = try PeopleBook(at: settings.peopleFile, clock: clock)
        let database = try ServiceDatabase(
            path: settings.databaseFile, patience: settings.databasePatience)
        let metrics = ServiceMetrics(registry: PrometheusRegistry())
        let (news, newsIn) = AsyncStream<LineNews>.makeStream()
        let bell = Bell()
        let goldenBell = Bell()
        let hub = EventHub()
        var rule = LineBoard.YieldRule()
        rule.floor = settings.yieldFloor
        let board = LineBoard(
            station: folder.station.name, slots: slots, hub: hub, clock: clock, rule: rule,
            onNews: { item in
                metrics.took(item)
                if case .unit(let unit, _) = item,
                    unit.reasonCode == ReasonCode.referenceMeasured.identifier
                {
                    goldenBell.ring()
                }
                newsIn.yield(item)
            })
        let desk = Desk(
            slots: slots, store: store, settings: line,
            tell: { event in
                board.take(event)
                watch(event)
            })
        sources = Sources(
            desk: desk, board: board, hub: hub, store: store,
            reader: try Self.reader(of: store, archive: settings.archive, logger: logger),
            configuration: LoadedFolder(folder, load: load), revisions: RevisionDesk(),
            database: database, people: people,
            gate: StationGate(people: people, localToken: localToken, guests: settings.guests),
            metrics: metrics,
            clock: clock, program: settings.program, startedAt: clock.utcMilliseconds(),
            readiness: Readiness(), ringOutbox: { bell.ring() })
        self.goldenBell = goldenBell
        let client = HTTPClient()
        sender = WebhookSender(
            outbox: sources.outbox, news: news, endNews: { newsIn.finish() }, bell: bell, metrics: metrics,
            time: SystemTime(),
            logger: logger,
            post: { url, headers, body in
                try await client.send("POST", url, headers: headers, body: body).status
            },
            onDead: { sentence in board.raise("webhook", sentence) })
    }

    /// Answers from the record and from its archive. An archive that only happens to lie there and doesn't fit stops no line;
    /// one that was named must fit.
    private static func reader(of store: StationStore, archive: String?, logger: Logger) throws
        -> StationReader
    {
        do { return try store.readerWithArchive(archive) } catch {
            if archive != nil { throw error }
            logger.warning("what was archived is not answered: \(error)")
            return store.reader
        }
    }

    /// A one-time code with which the first administrator is made; nil when there is one.
    public func setUpCode() async throws -> String? {
        try await sources.people.setUpCode()
    }

    /// Every route, with what it needs.
    var table: RouteTable {
        let sources = sources
        return RouteTable(
            routes: sources.systemRoutes + sources.lineRoutes + sources.orderRoutes
                + sources.recordRoutes + sources.ledgerRoutes + sources.configurationRoutes
                + sources.revisionRoutes
                + sources.peopleRoutes(isSecure: settings.tls != nil) + sources.hookRoutes
                + sources.pageRoutes)
    }

    /// Answers requests without a socket, for tests.
    var responder: StationResponder {
        StationResponder(
            table: table, gate: sources.gate,
            keys: IdempotencyKeys(database: sources.database, clock: sources.clock),
            journal: ActJournal(store: sources.store), hosts: hostRule, metrics: sources.metrics,
            isSecure: settings.tls != nil, problemPage: sources.problemPages)
    }

    private var hostRule: HostRule {
        // With a certificate the browser itself makes sure of the name.
        if settings.tls != nil { return HostRule(names: []) }
        var names = Set(settings.names.map { $0.lowercased() })
        names.formUnion(["localhost", "127.0.0.1", "::1"])
        if settings.listen.isLoopback { names.insert(settings.listen.host.lowercased()) }
        return settings.listen.isLoopback || !settings.names.isEmpty
            ? HostRule(names: names) : HostRule(names: [])
    }

    /// Listens until it is told to stop, by ``stop()`` or by the surrounding task's cancellation.
    /// - Parameters:
    ///   - orders: to be opened when the service listens.
    ///   - announce: is given the address to open, before any unit is started.
    /// - Throws: ``ServiceRefusal``, what opening the orders throws.
    public func run(
        orders: [(id: String, mode: DeskMode)], announce: @escaping @Sendable (String) -> Void
    ) async throws {
        let sources = sources
        let settings = settings
        let running = Mutex<(any Error)?>(nil)
        var http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestDeadline()], idleTimeout: .seconds(75))
        http.httpDecoder = .init(
            maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)
        let configuration = http
        let server = HTTPServerBuilder { [tls] responder in
            let plain = HTTP1Channel(responder: responder, configuration: configuration)
            return if let tls { TLSChildChannel(base: plain, certificate: tls) } else { plain }
        }
        let application = Application(
            responder: responder, server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(settings.listen.host, port: settings.listen.port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(settings.mostConnections)),
            onServerRunning: { channel in
                do {
                    try await self.listening(
                        on: channel.localAddress?.port ?? settings.listen.port, orders, announce)
                } catch {
                    running.withLock { $0 = error }
                    self.stop()
                }
            },
            logger: logger)
        // Ended in reverse: the desk is put down while pages still see it happen.
        var services: [any Service] = [application, sender]
        if let certificateWatch { services.append(certificateWatch) }
        services.append(GoldenReminder(sources: sources, logger: logger, bell: goldenBell))
        services.append(
            DeskService(sources: sources, notifier: notifier, parking: settings.parking, logger: logger))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: logger))
        self.group.withLock { $0 = group }
        defer {
            self.group.withLock { $0 = nil }
            unlink(settings.localFile)
        }
        do {
            try await group.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ServiceRefusal.taken(settings.listen, "the address is in use")
        } catch let error as IOError {
            throw ServiceRefusal.taken(settings.listen, String(cString: strerror(error.errnoCode)))
        }
        if let failure = running.withLock({ $0 }) { throw failure }
    }

    /// Takes the desk's news, as the desk itself tells it; for measurements of what that costs.
    package func tell(_ event: DeskEvent) { sources.board.take(event) }

    /// Puts everything down safely; ``run(orders:announce:)`` returns then.
    public func stop() {
        let group = group.withLock { $0 }
        Task { await group?.triggerGracefulShutdown() }
    }

    private var certificateWatch: CertificateWatch? {
        tls.map { CertificateWatch(certificate: $0, board: sources.board, logger: logger) }
    }

    /// Reads certificate and key again, without a restart; what can't be used raises an alarm, and the old one is shown
    /// on. The service looks by itself as well, twice a minute.
    public func renewCertificate() { certificateWatch?.look(always: true) }

    /// Units in work are stopped at the next safe point, power off first.
    public func abortAll() async {
        for slot in await sources.desk.slots {
            _ = try? await sources.desk.abort(
                slot.name, reason: "the service is stopped now",
                by: DeskPerson(id: "console", place: "console"))
        }
    }

    private func listening(
        on port: Int, _ orders: [(id: String, mode: DeskMode)], _ announce: @Sendable (String) -> Void
    ) async throws {
        let scheme = settings.tls == nil ? "http" : "https"
        let wild = ["0.0.0.0", "::"].contains(settings.listen.host)
        let host = settings.names.first ?? (wild ? "localhost" : settings.listen.host)
        let shown = ListenAddress(host: host, port: port)
        let local = ListenAddress(host: wild ? "127.0.0.1" : settings.listen.host, port: port)
        try LocalAddress(
            address: "\(scheme)://\(local)", token: localToken, pid: getpid(),
            certificate: settings.tls?.certificate
        ).write(to: settings.localFile)
        try await sources.store.append(
            .stationStarted(
                StationStarted(
                    program: settings.program,
                    detail: ["as": "service", "address": "\(scheme)://\(shown)", "boot": sources.hub.boot])))
        announce("\(scheme)://\(shown)/")
        sources.readiness.set(true)
        notifier.ready("listening on \(shown)")
        for order in try await remembered(besides: orders) {
            do {
                try await sources.open(order.id, mode: order.mode, by: nil)
            } catch {
                // Nobody asked for it now: a file that was changed meanwhile must not keep the station from starting.
                sources.board.raise(
                    "order", "Work order \(order.id) lay open and can't be opened again: \(error)")
            }
        }
        for order in orders { try await sources.open(order.id, mode: order.mode, by: nil) }
        if settings.untilDone {
            let desk = sources.desk
            Task {
                await desk.untilSettled(orders.map(\.id))
                self.stop()
            }
        }
    }

    /// What lay on the desk when the service ended, less what the folder has no more.
    private func remembered(besides orders: [(id: String, mode: DeskMode)]) async throws -> [(
        id: String, mode: DeskMode
    )] {
        let rows = try await sources.database.queue.read { db in
            try Row.fetchAll(
                db, sql: "SELECT id, mode FROM desk_order WHERE standing = 'open' ORDER BY position"
            )
            .map { row in (id: row["id"] as String, mode: DeskMode(rawValue: row["mode"]) ?? .scan) }
        }
        var found: [(id: String, mode: DeskMode)] = []
        for row in rows where !orders.contains(where: { $0.id == row.id }) {
            guard sources.configuration.current.order(row.id) != nil,
                try await sources.reader.order(row.id)?.isClosed != true
            else { continue }
            found.append(row)
        }
        return found
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
