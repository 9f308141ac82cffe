import GRDB

/// Work orders and serial numbers.
extension Projector {
    func apply(_ body: OrderOpened, _ place: Place) throws {
        guard try row("SELECT 1 FROM work_order WHERE id = ?", [body.order]) == nil else {
            throw Refusal.orderExists(body.order)
        }
        if let serials = body.serials {
            let rows = try Row.fetchCursor(
                db.cachedStatement(
                    sql: """
                        SELECT id, serial_prefix, serial_width, serial_first, serial_last, serial_suffix, serial_shared
                        FROM work_order
                        WHERE serial_prefix IS NOT NULL AND length(CAST(serial_prefix AS BLOB)) + serial_width = ?
                        """), arguments: [serials.prefix.utf8.count + serials.width])
            while let row = try rows.next() {
                if Self.range(row).overlaps(serials) {
                    throw Refusal.serialRangeOverlaps(order: body.order, with: row["id"])
                }
            }
        }
        try execute(
            """
            INSERT INTO work_order (id, sku, market, quantity, opened_seq, opened_at, serial_prefix, serial_suffix,
                serial_width, serial_first, serial_last, serial_next, serial_shared, blessed, failed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
            """,
            [
                body.order, body.sku, body.market, body.quantity, place.sequence, place.at,
                body.serials?.prefix, body.serials?.suffix, body.serials?.width, body.serials?.first,
                body.serials?.last, body.serials?.first, body.serials?.isShared ?? false ? 1 : 0,
            ])
    }

    func apply(_ body: OrderClosed, _ place: Place) throws {
        try requireOpenOrder(body.order)
        try execute(
            "UPDATE work_order SET closed_seq = ?, close_reason = ? WHERE id = ?",
            [place.sequence, body.reason, body.order])
    }

    /// What leasing comes to: a serial number that the unit has in this order already, or the next one. Called by the
    /// writer before it makes the entry, so that two slots can't be promised the same number.
    func serial(for device: String, order: String, wanted: String?) throws -> (serial: String, isNew: Bool) {
        let unit = try requireDevice(device)
        let held: String? = try value(
            "SELECT serial FROM serial_lease WHERE device = ? AND work_order = ? AND state <> 'returned'",
            [unit.id, order])
        if let held {
            if let wanted, wanted != held { throw Refusal.deviceHasSerial(device: device, serial: held) }
            return (held, false)
        }
        let row = try requireOpenOrder(order)
        let range: SerialRange? = row["serial_prefix"] == nil ? nil : Self.range(row)
        if let wanted { return (wanted, true) }
        guard let range else { throw Refusal.noSerialRange(order: order) }
        let returned = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT DISTINCT number FROM serial_lease AS free
                    WHERE work_order = ? AND state = 'returned' AND number IS NOT NULL
                        AND NOT EXISTS (SELECT 1 FROM serial_lease WHERE serial = free.serial AND state <> 'returned')
                    ORDER BY number
                    """), arguments: [order])
        if let row = try returned.next() { return (range.text(row["number"]), true) }
        guard range.isShared else {
            if let serial = try unused(from: row["serial_next"], through: range.last, range) {
                return (serial, true)
            }
            throw Refusal.serialsExhausted(order: order)
        }
        for block in try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT next, last FROM serial_block WHERE work_order = ? AND next <= last ORDER BY seq"),
            arguments: [order])
        {
            if let serial = try unused(from: block["next"], through: block["last"], range) {
                return (serial, true)
            }
        }
        throw Refusal.noSerialsGranted(order: order)
    }

    private func unused(from first: Int64, through last: Int64, _ range: SerialRange) throws -> String? {
        var number = first
        while number <= last {
            let serial = range.text(number)
            if try row("SELECT 1 FROM serial_lease WHERE serial = ? AND state <> 'returned'", [serial]) == nil
            {
                return serial
            }
            number += 1
        }
        return nil
    }

    func apply(_ body: SerialsGranted, _ place: Place) throws {
        let order = try requireOpenOrder(body.order)
        guard order["serial_prefix"] != nil, Self.range(order).isShared else {
            throw Refusal.serialsNotShared(order: body.order)
        }
        let range = Self.range(order)
        guard range.first <= body.first, body.last <= range.last else {
            throw Refusal.serialOutsideRange(serial: range.text(body.last), order: body.order)
        }
        let other: Int64? = try value(
            "SELECT first FROM serial_block WHERE work_order = ? AND first <= ? AND last >= ?",
            [body.order, body.last, body.first])
        if let other { throw Refusal.serialsGrantedAlready(order: body.order, first: range.text(other)) }
        try execute(
            "INSERT INTO serial_block (seq, work_order, first, last, next) VALUES (?, ?, ?, ?, ?)",
            [place.sequence, body.order, body.first, body.last, body.first])
    }

    func apply(_ body: SerialLeased, _ place: Place) throws {
        let unit = try requireDevice(body.device)
        if let run = unit.blessedRun { throw Refusal.alreadyBlessed(device: body.device, run: run) }
        let order = try requireOpenOrder(body.order)
        let holder: String? = try value(
            """
            SELECT d.device_id FROM serial_lease l JOIN device d ON d.id = l.device
            WHERE l.serial = ? AND l.state <> 'returned'
            """, [body.serial])
        if let holder { throw Refusal.serialTaken(serial: body.serial, by: holder) }
        let held: String? = try value(
            "SELECT serial FROM serial_lease WHERE device = ? AND work_order = ? AND state <> 'returned'",
            [unit.id, body.order])
        if let held { throw Refusal.deviceHasSerial(device: body.device, serial: held) }
        var number: Int64?
        if order["serial_prefix"] != nil {
            let range = Self.range(order)
            guard let found = range.number(of: body.serial) else {
                throw Refusal.serialOutsideRange(serial: body.serial, order: body.order)
            }
            number = found
            if range.isShared,
                try row(
                    "SELECT 1 FROM serial_block WHERE work_order = ? AND first <= ? AND last >= ?",
                    [body.order, found, found]) == nil
            {
                throw Refusal.serialNotGranted(serial: body.serial, order: body.order)
            }
        }
        try execute(
            "INSERT INTO serial_lease (seq, serial, work_order, device, state, number) VALUES (?, ?, ?, ?, 'leased', ?)",
            [place.sequence, body.serial, body.order, unit.id, number])
        if let number { try advance(order, past: number) }
    }

    /// Moves an order's next number past those that were given out, also past those that were asked for by name.
    private func advance(_ order: Row, past number: Int64) throws {
        let range = Self.range(order)
        func firstUnleased(from first: Int64, through last: Int64) throws -> Int64 {
            var next = first
            while next <= last,
                try row(
                    """
                    SELECT 1 FROM serial_lease WHERE serial = ?1 AND state <> 'returned' UNION ALL
                    SELECT 1 FROM serial_lease WHERE serial = ?1 AND state = 'returned' AND work_order = ?2
                    """, [range.text(next), order["id"] as String]) != nil
            { next += 1 }
            return next
        }
        if range.isShared {
            guard
                let block = try row(
                    "SELECT seq, next, last FROM serial_block WHERE work_order = ? AND first <= ? AND last >= ?",
                    [order["id"] as String, number, number])
            else { return }
            let next = try firstUnleased(from: block["next"], through: block["last"])
            try execute("UPDATE serial_block SET next = ? WHERE seq = ?", [next, block["seq"] as Int64])
            return
        }
        let next = try firstUnleased(from: order["serial_next"], through: range.last)
        if next != order["serial_next"] {
            try execute("UPDATE work_order SET serial_next = ? WHERE id = ?", [next, order["id"] as String])
        }
    }

    func apply(_ body: SerialConfirmed, _ place: Place) throws {
        let unit = try requireDevice(body.device)
        try requireRun(body.run)
        if let serial = unit.serial { throw Refusal.deviceHasSerial(device: body.device, serial: serial) }
        try endLease(body.serial, body.device, unit, state: "confirmed", place)
        try execute("UPDATE device SET serial = ? WHERE id = ?", [body.serial, unit.id])
    }

    func apply(_ body: SerialReturned, _ place: Place) throws {
        let unit = try requireDevice(body.device)
        if let run = unit.blessedRun { throw Refusal.alreadyBlessed(device: body.device, run: run) }
        try endLease(body.serial, body.device, unit, state: "returned", place)
    }

    private func endLease(
        _ serial: String, _ device: String, _ unit: DeviceState, state: String, _ place: Place
    ) throws {
        // SQLite doesn't see that 'leased' is not 'returned', and takes the index only when told.
        try execute(
            """
            UPDATE serial_lease SET state = ?, ended_seq = ?
            WHERE serial = ? AND device = ? AND state = 'leased' AND state <> 'returned'
            """,
            [state, place.sequence, serial, unit.id])
        if db.changesCount == 1 { return }
        let known = try row(
            """
            SELECT 1 FROM serial_lease WHERE serial = ?1 AND state <> 'returned' UNION ALL
            SELECT 1 FROM serial_lease WHERE serial = ?1 AND state = 'returned'
            """, [serial])
        guard known != nil else { throw Refusal.unknownSerial(serial) }
        throw Refusal.serialNotLeased(serial: serial, device: device)
    }

    @discardableResult
    func requireOpenOrder(_ order: String) throws -> Row {
        guard let row = try row("SELECT * FROM work_order WHERE id = ?", [order]) else {
            throw Refusal.unknownOrder(order)
        }
        guard row["closed_seq"] == nil else { throw Refusal.orderClosed(order) }
        return row
    }

    /// - Precondition: the row has a serial range.
    static func range(_ row: Row) -> SerialRange {
        SerialRange(
            prefix: row["serial_prefix"], first: row["serial_first"], last: row["serial_last"],
            width: row["serial_width"], suffix: row["serial_suffix"], isShared: row["serial_shared"] == 1)
    }
}
