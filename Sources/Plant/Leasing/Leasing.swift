import StationStore

extension PlantDatabase {
    /// Leases the next block of a shared order's serial numbers: in one transaction at the plant, then in the station's
    /// ledger, and from then on without the plant.
    ///
    /// A block that was handed out and never reached the ledger, because something failed in between, is left unused: a
    /// record that came out of a backup would take numbers for free that are on units already.
    /// - Parameters:
    ///   - count: how many, 1 to a million; the order's last block may be smaller.
    ///   - store: open for writing, the order opened in it.
    /// - Throws: ``LeaseFault``, ``PlantError``, `StoreError`
    @discardableResult
    public func lease(_ count: Int64, of order: String, for store: StationStore) async throws
        -> SerialPool.Block
    {
        let identity = try await store.reader.station()
        guard let status = try await store.reader.order(order) else { throw LeaseFault.unknownOrder(order) }
        guard status.serialsShared ?? false, let prefix = status.serialPrefix, let first = status.serialFirst,
            let last = status.serialLast, let width = status.serialWidth
        else { throw LeaseFault.notShared(order: order) }
        let range = SerialRange(
            prefix: prefix, first: first, last: last, width: width, suffix: status.serialSuffix ?? "")
        let now = clock.utcMilliseconds()
        let count = min(max(1, count), 1_000_000)
        let head = try await ask { connection in try PlantHead.admitting(identity, at: now, connection) }
        // Read after the head: what the plant has acknowledged was signed here before.
        let signed = try await store.reader.checkpoint()?.size ?? 0
        let isSameStation = try await store.reader.leads(fromKey: head.verifierKey)
        guard isSameStation, head.size <= signed else {
            throw PlantError.evidence([
                PlantAlarm(
                    isSameStation ? .setBack : .otherKey, station: identity.name,
                    subject: "lease of \(order)",
                    sentence:
                        "no serial numbers are leased to \(identity.name): its record is not the one that the plant "
                        + "knows (\(head.words)); `station plant push` says more", at: now)
            ])
        }
        let block = try await ask { connection in
            return try SerialPool.lease(
                count, of: order, range: range, station: head.number, name: identity.name, now: now,
                connection)
        }
        try await store.append(
            .serialsGranted(SerialsGranted(order: order, first: block.first, last: block.last)))
        return block
    }

    /// Leases a block for each open shared order that runs low.
    /// - Parameters:
    ///   - block: numbers in a block.
    ///   - lowWater: fewer numbers than this are too few.
    /// - Returns: the blocks that were leased.
    public func refill(_ store: StationStore, block: Int64 = 500, lowWater: Int64 = 125) async throws
        -> [SerialPool.Block]
    {
        var blocks: [SerialPool.Block] = []
        for order in try await store.reader.orders()
        where order.serialsShared ?? false && !order.isClosed && order.left > 0
            && (order.serialsLeft ?? 0) < lowWater
        {
            // What is needed beyond what is there, when that is less than a block.
            let needed = max(0, Int64(order.left) - (order.serialsLeft ?? 0))
            guard needed > 0 else { continue }
            blocks.append(try await lease(min(block, needed), of: order.order, for: store))
        }
        return blocks
    }

    /// Pools of shared orders, by order.
    public func pools() async throws -> [SerialPool] {
        try await ask { connection in try SerialPool.all(connection) }
    }

    /// Blocks that were handed out, by order and number.
    public func blocks() async throws -> [SerialPool.Block] {
        try await ask { connection in try SerialPool.blocks("b.first >= $1", [.integer(0)], connection) }
    }
}
