import FactoryLink
import Fixturing
import StationConfig
import StationStore

/// A work order on its slots: units go through the procedure side by side, and what happens in one slot never
/// touches another.
public struct Line: Sendable {
    let plan: BlessingPlan
    let slots: [(name: String, fixture: any Fixture)]
    let store: StationStore
    let settings: LineSettings
    let tell: LineEventSink

    public init(
        plan: BlessingPlan, slots: [(name: String, fixture: any Fixture)], store: StationStore,
        settings: LineSettings,
        tell: @escaping LineEventSink = { _ in }
    ) {
        self.plan = plan
        self.slots = slots
        self.store = store
        self.settings = settings
        self.tell = tell
    }

    /// Opens the work order in the record if it is new, then runs its units until the order is full, no more units
    /// come, or a person stops the line.
    /// - Throws: `StoreError` when the record can't be kept; every fixture is safe then.
    public func run() async throws -> LineReport {
        let status = try await openOrder()
        let tokens = NVRAMTokens()
        try await rememberTokens(tokens)
        let slotsInUse = SlotsInUse()
        let admission = Admission(places: status.quantity - status.blessed - status.running)
        var report = LineReport(
            order: plan.order.id, quantity: status.quantity, blessedBefore: status.blessed)
        let control = settings.control
        let tasks = slots.enumerated().map { index, slot in
            let runner = SlotRunner(
                name: slot.name, number: index + 1, fixture: slot.fixture, plan: plan, store: store,
                settings: settings, tokens: tokens, admission: admission,
                slotsInUse: slotsInUse, tell: tell)
            return Task {
                do {
                    return try await runner.run()
                } catch {
                    // Without a record no unit may be touched: the other slots stop at their next safe point.
                    control.abort()
                    throw error
                }
            }
        }
        control.onAbort {
            for task in tasks { task.cancel() }
        }
        var failure: (any Error)?
        await withTaskCancellationHandler {
            for task in tasks {
                switch await task.result {
                case .success(let units): report.units += units
                case .failure(let error): failure = failure ?? error
                }
            }
        } onCancel: {
            control.abort()
        }
        if let failure { throw failure }
        report.wasStopped = control.isFinishing
        return report
    }

    private func openOrder() async throws -> OrderStatus {
        try await Self.openOrder(of: plan, in: store)
    }

    /// Opens a plan's work order in the record when it is not there yet.
    /// - Throws: ``OrderDisagreement`` when it is there and says something else; `StoreError`.
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
        return status
    }

    /// What earlier units of this SKU returned for the same NVRAM bytes.
    private func rememberTokens(_ tokens: NVRAMTokens) async throws {
        guard let nvram = plan.nvram else { return }
        let reader = store.reader
        for run in try await reader.runs(RunFilter(sku: plan.variant.id, outcome: .passed, limit: 5)) {
            guard let id = run.device, let device = try await reader.device(id),
                device.nvram == nvram.digest.hex,
                let token = device.nvramToken
            else { continue }
            await tokens.keep(token, for: nvram.digest)
        }
    }
}

/// What a session on a line came to.
public struct LineReport: Sendable {
    public var order: String
    public var quantity: Int
    /// Units of the order that were blessed before this session.
    public var blessedBefore: Int
    public var units: [UnitResult] = []
    public var wasStopped = false

    public func count(_ outcome: RunOutcome) -> Int { units.count { $0.outcome == outcome } }
}
