/// Waiting for ends, and putting everything down.
extension Desk {
    /// Returns when each of the orders is done, or has no slot left that could take another unit of it.
    public func untilSettled(_ ids: [String]) async {
        let wanted = Set(ids)
        if isSettled(wanted) { return }
        await withCheckedContinuation { waiters.append((wanted, $0)) }
    }

    /// Returns when nothing is under way in any slot.
    public func untilIdle() async {
        guard isAtWork else { return }
        await withCheckedContinuation { waiters.append((nil, $0)) }
    }

    /// Whether an order has nothing under way and no slot that could take another unit of it.
    public func isSettled(_ order: String) -> Bool { isSettled([order]) }

    func isSettled(_ ids: Set<String>?) -> Bool {
        guard let ids else { return !isAtWork }
        return ids.allSatisfy { id in
            guard let order = orders.first(where: { $0.state.id == id }) else { return true }
            if places.contains(where: { $0.session?.order == id }) { return false }
            if order.state.standing != .open { return true }
            return !places.contains { !$0.isPaused && $0.trouble == nil && !$0.exhausted.contains(id) }
        }
    }

    func wakeWaiters() {
        let ready = waiters.filter { isSettled($0.orders) }
        waiters.removeAll { isSettled($0.orders) }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Puts everything down safely: units that were changed for good already are finished, the others are stopped at
    /// once, power off first. What is not finished by `limit` is stopped too; what even then does not end is left to
    /// recovery, which the next start does by the record.
    /// - Returns: the slots that had to be left.
    @discardableResult
    public func park(within limit: Duration) async -> [String] {
        isParking = true
        for index in places.indices {
            guard let session = places[index].session else { continue }
            session.control.finish()
            // Up to the functional tests nothing of a unit was changed.
            if (session.stage ?? .admit) < .nvram { session.task?.cancel() }
        }
        if await !idle(within: limit) {
            for place in places { place.session?.task?.cancel() }
            _ = await idle(within: .seconds(3))
        }
        var left: [String] = []
        for place in places {
            if place.session != nil { left.append(place.slot.name) }
            await place.fixture?.makeSafe()
        }
        return left
    }

    /// - Returns: whether nothing is under way any more.
    func idle(within limit: Duration) async -> Bool {
        if !isAtWork { return true }
        let clock = clock
        let alarm = Task {
            try await clock.sleep(for: limit)
            self.giveUpWaiting()
        }
        await withCheckedContinuation { waiters.append((nil, $0)) }
        alarm.cancel()
        return !isAtWork
    }

    func giveUpWaiting() {
        let ready = waiters.filter { $0.orders == nil }
        waiters.removeAll { $0.orders == nil }
        for waiter in ready { waiter.continuation.resume() }
    }
}
