import StationConfig
import StationStore

/// A work order that slots work on: what is done to each unit, how many more it may take, and what its units have
/// taught so far.
struct OrderInWork: Sendable {
    let plan: BlessingPlan
    let tokens: NVRAMTokens
    let admission: Admission
    /// How the order stood when work began.
    let before: OrderStatus

    /// Opens the order in the record if it is new.
    /// - Throws: `OrderDisagreement` when the record says something else than the order's file, `StoreError`.
    static func open(_ plan: BlessingPlan, in store: StationStore) async throws -> OrderInWork {
        let status = try await Line.openOrder(of: plan, in: store)
        return OrderInWork(
            plan: plan, tokens: try await tokens(for: plan, in: store),
            admission: Admission(places: status.quantity - status.blessed - status.running), before: status)
    }

    /// What earlier units of this SKU returned for the same NVRAM bytes.
    private static func tokens(for plan: BlessingPlan, in store: StationStore) async throws -> NVRAMTokens {
        let tokens = NVRAMTokens()
        guard let nvram = plan.nvram else { return tokens }
        let reader = store.reader
        for run in try await reader.runs(RunFilter(sku: plan.variant.id, outcome: .passed, limit: 5)) {
            guard let id = run.device, let device = try await reader.device(id),
                device.nvram == nvram.digest.hex,
                let token = device.nvramToken
            else { continue }
            await tokens.keep(token, for: nvram.digest)
        }
        return tokens
    }
}

extension Line {
    /// Opens a plan's work order in the record when it is not there yet.
    /// - Returns: how it stands.
    /// - Throws: `OrderDisagreement` when it is there and says something else; `StoreError`.
    @discardableResult
    public static func openOrder(of plan: BlessingPlan, in store: StationStore) async throws -> OrderStatus {
        let order = plan.order
        if try await store.reader.order(order.id) == nil {
            _ = try await store.append(
                .orderOpened(
                    OrderOpened(
                        order: order.id, sku: plan.variant.id, quantity: order.quantity,
                        market: order.market?.description, serials: RecordedSerialRange(order.serials))))
        }
        guard let status = try await store.reader.order(order.id) else {
            throw StoreError.notFound("work order \(order.id), which was just opened")
        }
        try status.mustMatch(plan)
        try await keepContent(of: plan, in: store)
        return status
    }

    /// Runs name what was done by hashes; years later somebody asks what stood behind them.
    private static func keepContent(of plan: BlessingPlan, in store: StationStore) async throws {
        let json = "application/json"
        try await store.storeContent(
            plan.canonicalBytes, name: "plan for \(plan.variant.id)", mediaType: json)
        try await store.storeContent(
            plan.variant.canonicalBytes, name: "SKU \(plan.variant.id)", mediaType: json)
        try await store.storeContent(
            plan.tests.canonicalBytes, name: "test plan \(plan.tests.name)", mediaType: json)
    }
}
