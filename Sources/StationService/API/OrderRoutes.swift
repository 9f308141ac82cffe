import Blessing
import StationConfig
import StationPages
import StationStore

extension Sources {
    /// Work orders: of the folder, in the record, at the desk.
    var orderRoutes: [Route] {
        [
            Route(.get, "/api/v1/orders", "listOrders", .needs(.watchLine)) { _ in
                .json(Listing(items: try await orders()))
            },
            Route(.get, "/api/v1/orders/{order}", "getOrder", .needs(.watchLine)) { exchange in
                .json(try await order(exchange.parameter("order")))
            },
            Route(
                .post, "/api/v1/orders/{order}/open", "openOrder", .needs(.manageOrders), .acts,
                act: .orderOpened
            ) {
                exchange in
                var fields = try exchange.fields()
                let mode = try fields.word("mode", DeskMode.self) ?? .scan
                try fields.finish()
                let id = exchange.parameter("order")
                // A person says that it goes on: perhaps there is room on the disk again.
                if await desk.recordTrouble != nil { try await desk.tryRecord() }
                try await open(id, mode: mode, by: exchange.person)
                return .json(try await order(id))
            },
            Route(
                .post, "/api/v1/orders/{order}/pause", "pauseOrder", .needs(.manageOrders), .acts,
                act: .orderPaused
            ) {
                exchange in
                try exchange.fields().finish()
                let id = exchange.parameter("order")
                try await desk.pause(order: id)
                try await keepDesk()
                return .json(try await order(id))
            },
            Route(
                .post, "/api/v1/orders/{order}/close", "closeOrder", .needs(.manageOrders), .acts,
                act: .orderClosed
            ) {
                exchange in
                var fields = try exchange.fields()
                let reason = try fields.required("reason", longest: 500)
                try fields.finish()
                let id = exchange.parameter("order")
                _ = try await order(id)
                try await desk.close(order: id, reason: reason)
                try await keepDesk()
                return .json(try await order(id))
            },
            Route(
                .post, "/api/v1/orders/{order}/unlock", "unlockOrder", .needs(.stageConfiguration), .acts,
                act: .orderUnlocked
            ) { exchange in
                var fields = try exchange.fields()
                let reason = try fields.required("reason", longest: 500)
                try fields.finish()
                let id = exchange.parameter("order")
                _ = try await order(id)
                try await store.append(
                    .orderUnlocked(
                        OrderUnlocked(order: id, by: .named(exchange.person.id), reason: reason)))
                return .json(try await order(id))
            },
        ]
    }

    /// Puts a work order of the folder on the desk, and remembers it for the next start.
    func open(_ id: String, mode: DeskMode, by person: DeskPerson?) async throws {
        let folder = configuration.current
        guard let order = folder.order(id) else {
            throw Problem(
                .notFound,
                "There is no work order “\(id.shown)” in the station folder. There are \(folder.orders.map(\.id).joined(separator: ", "))."
            )
        }
        let plan = try BlessingPlan.make(for: order, in: folder)
        try await ConfigurationGate(folder: folder, store: store).admit(plan)
        try await desk.open(plan, mode: mode, operatedBy: person?.id ?? order.operatorID)
        try await keepDesk()
    }

    /// What lies on the desk goes back there after a restart.
    func keepDesk() async throws {
        let orders = await desk.openOrders
        try await database.queue.write { db in
            try db.execute(sql: "DELETE FROM desk_order")
            for (position, order) in orders.enumerated() {
                try db.execute(
                    sql: "INSERT INTO desk_order (id, mode, standing, position) VALUES (?, ?, ?, ?)",
                    arguments: [order.id, order.mode.rawValue, order.standing.rawValue, position])
            }
        }
    }

    private func orders() async throws -> [OrderView] {
        let recorded = Dictionary(
            try await reader.orders().map { ($0.order, $0) }, uniquingKeysWith: { first, _ in first })
        let atDesk = Dictionary(
            await desk.openOrders.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let folder = configuration.current
        let known = folder.orders.map(\.id)
        let names = known + recorded.keys.filter { !known.contains($0) }.sorted()
        return names.map {
            OrderView(id: $0, file: folder.order($0), recorded: recorded[$0], atDesk: atDesk[$0])
        }
    }

    private func order(_ id: String) async throws -> OrderView {
        let file = configuration.current.order(id)
        let recorded = try await reader.order(id)
        guard file != nil || recorded != nil else {
            throw Problem(.notFound, "There is no work order “\(id.shown)”, in the folder or in the record.")
        }
        let atDesk = await desk.openOrders.first { $0.id == id }
        var view = OrderView(id: id, file: file, recorded: recorded, atDesk: atDesk)
        view.isSettled = await desk.isSettled(id)
        return view
    }
}

/// A work order as the folder, the record and the desk know it together.
struct OrderView: Encodable, Sendable {
    enum Standing: String, Encodable, Sendable {
        /// In the folder only.
        case new
        /// In the record, not at the desk.
        case shelved
        case open, paused, done, closed
    }

    var id: String
    var sku: String
    var market: String?
    var quantity: Int
    var blessed: Int
    var failedRuns: Int
    var inWork: Int
    var serialsLeft: Int64?
    var due: String?
    var standing: Standing
    var mode: String?
    var closeReason: String?
    /// Nothing is under way and no slot could take another unit; told for one order, not in lists.
    var isSettled: Bool?

    init(id: String, file: WorkOrder?, recorded: OrderStatus?, atDesk: DeskOrder?) {
        self.id = id
        sku = atDesk?.sku ?? recorded?.sku ?? file?.sku ?? ""
        market = atDesk?.market ?? recorded?.market ?? file?.market?.description
        quantity = recorded?.quantity ?? file?.quantity ?? 0
        blessed = recorded?.blessed ?? 0
        failedRuns = recorded?.failedRuns ?? 0
        inWork = atDesk?.inWork ?? 0
        serialsLeft = recorded?.serialsLeft ?? file.map { Int64($0.serials.count) }
        due = file?.due
        mode = atDesk?.mode.rawValue
        closeReason = recorded?.closeReason
        standing =
            if recorded?.isClosed == true { .closed } else if let atDesk {
                Standing(rawValue: atDesk.standing.rawValue) ?? .open
            } else if let recorded {
                recorded.blessed >= recorded.quantity ? .done : .shelved
            } else { .new }
    }
}
