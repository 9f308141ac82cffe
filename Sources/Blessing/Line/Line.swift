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
        let order = try await OrderInWork.open(plan, in: store)
        let slotsInUse = SlotsInUse()
        var report = LineReport(
            order: plan.order.id, quantity: order.before.quantity, blessedBefore: order.before.blessed)
        let control = settings.control
        let tasks = slots.enumerated().map { index, slot in
            let runner = SlotRunner(
                name: slot.name, number: index + 1, fixture: slot.fixture, order: order, store: store,
                settings: settings, slotsInUse: slotsInUse, tell: tell)
            return Task {
                do {
                    return try await runner.run().units
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
}

/// What a session on a line came to.
public struct LineReport: Sendable {
    public var order: String
    public var quantity: Int
    /// Units of the order that were blessed before this session.
    public var blessedBefore: Int
    public var units: [UnitResult] = []
    public var wasStopped = false

    public init(order: String, quantity: Int, blessedBefore: Int) {
        self.order = order
        self.quantity = quantity
        self.blessedBefore = blessedBefore
    }

    public func count(_ outcome: RunOutcome) -> Int { units.count { $0.outcome == outcome } }
}
