import StationConfig
import StationStore

/// Work orders come to the desk, wait, and leave it.
extension Desk {
    /// Puts a work order on the desk, or lets one that is paused go on; in the record it is opened if it is new.
    /// - Throws: `DeskRefusal`, `OrderDisagreement`, `StoreError`.
    @discardableResult
    public func open(_ plan: BlessingPlan, mode: DeskMode, operatedBy: String? = nil) async throws
        -> DeskOrder
    {
        guard !isParking else { throw DeskRefusal.parking }
        if let known = orders.firstIndex(where: { $0.state.id == plan.order.id }),
            orders[known].work.plan.digest == plan.digest, orders[known].state.standing != .done
        {
            orders[known].state.mode = mode
            orders[known].state.standing = .open
            forget(exhaustedBy: plan.order.id)
            tell(.order(orders[known].state))
            announceIdle()
            assign()
            return orders[known].state
        }
        if orders.contains(where: { $0.state.id == plan.order.id && $0.state.inWork > 0 }) {
            throw DeskRefusal.orderInWork(plan.order.id)
        }
        if try await store.reader.order(plan.order.id)?.isClosed == true {
            throw DeskRefusal.orderClosed(plan.order.id)
        }
        let work = try await OrderInWork.open(plan, in: store)
        let state = DeskOrder(
            id: plan.order.id, sku: plan.variant.id, market: plan.order.market?.description,
            product: plan.variant.product, quantity: work.before.quantity, blessed: work.before.blessed,
            failed: work.before.failedRuns, inWork: 0,
            standing: work.before.blessed >= work.before.quantity ? .done : .open, mode: mode,
            attempts: plan.variant.retest.attempts)
        orders.removeAll { $0.state.id == state.id }
        orders.append(Order(work: work, operatedBy: operatedBy, state: state))
        forget(exhaustedBy: state.id)
        tell(.order(state))
        announceIdle()
        assign()
        return state
    }

    /// No further unit of the order is begun; those in work go to their end.
    public func pause(order id: String) throws(DeskRefusal) {
        let index = try index(ofOrder: id)
        guard orders[index].state.standing == .open else { return }
        orders[index].state.standing = .paused
        for place in places where place.session?.order == id { place.session?.control.finish() }
        tell(.order(orders[index].state))
        announceIdle()
    }

    /// Takes the order off the desk and closes it in the record: it is never opened again.
    /// - Throws: `DeskRefusal`, `StoreError`.
    public func close(order id: String, reason: String) async throws {
        if places.contains(where: { $0.session?.order == id }) { throw DeskRefusal.orderInWork(id) }
        if let index = orders.firstIndex(where: { $0.state.id == id }) {
            orders.remove(at: index)
            tell(.orderGone(id))
        }
        try await store.append(.orderClosed(OrderClosed(order: id, reason: reason)))
        announceIdle()
    }

    func index(ofOrder id: String) throws(DeskRefusal) -> Int {
        guard let index = orders.firstIndex(where: { $0.state.id == id }) else {
            throw .orderNotOpen(id, open: orders.map(\.state.id))
        }
        return index
    }

    func forget(exhaustedBy order: String) {
        for index in places.indices { places[index].exhausted.remove(order) }
    }
}
