import StationStore

/// Holds what a station brought against what the other stations brought.
///
/// It runs after the entries are stored and remembers how far it came: of two stations that bring the same device at the
/// same instant, the one that looks last sees both.
enum Contradictions {
    /// - Returns: alarms that are new.
    static func look(
        _ head: PlantHead, upTo size: Int64, now: Int64, _ connection: PlantConnection
    ) throws -> [PlantAlarm] {
        var (found, head) = ([PlantAlarm](), head)
        // In stretches: after years offline there are millions of units to look up.
        while head.compared < size {
            let end = min(size, head.compared + stretch)
            found += try lookOnce(head, end, now, connection)
            head.compared = end
        }
        return found
    }

    /// Entries that are held against the others at once.
    private static let stretch: Int64 = 50_000

    private static func lookOnce(
        _ head: PlantHead, _ size: Int64, _ now: Int64, _ connection: PlantConnection
    ) throws -> [PlantAlarm] {
        var alarms = try blessedTwice(head, size, now, connection)
        alarms += try serialTwice(head, size, now, connection)
        alarms += try serialNotLeased(head, size, now, connection)
        var new: [PlantAlarm] = []
        try connection.transaction {
            new = []
            for alarm in alarms where try AlarmTable.raise([alarm], station: head.number, connection) == 1 {
                new.append(alarm)
            }
            try connection.change(
                "UPDATE head SET compared = $2 WHERE station = $1 AND compared < $2",
                [.integer(Int64(head.number)), .integer(size)])
        }
        return new
    }

    private static func blessedTwice(
        _ head: PlantHead, _ size: Int64, _ now: Int64, _ connection: PlantConnection
    ) throws(PlantError) -> [PlantAlarm] {
        let station = PlantValue.integer(Int64(head.number))
        let mine = try connection.run(
            "SELECT device_id, blessed_at FROM device WHERE station = $1 AND blessed_seq >= $2 AND blessed_seq < $3",
            [station, .integer(head.compared), .integer(size)])
        let times = Dictionary(
            mine.map { ($0.text(0) ?? "", $0.integer(1) ?? 0) }, uniquingKeysWith: { first, _ in first })
        guard !times.isEmpty else { return [] }
        let others = try connection.run(
            """
            SELECT d.device_id, s.name, d.blessed_at FROM device d JOIN station s ON s.number = d.station
            WHERE d.device_id = ANY ($2) AND d.station <> $1 AND d.blessed_seq IS NOT NULL ORDER BY d.device_id, s.name
            """, [station, .texts(times.keys.sorted())])
        return others.map { row in
            let (device, other) = (row.text(0) ?? "", row.text(1) ?? "")
            return PlantAlarm(
                .blessedTwice, station: head.station, subject: "\(device) \(other)",
                sentence:
                    "device \(device) was blessed at \(other) (\(UTCTime.text(row.integer(2) ?? 0))) and at "
                    + "\(head.station) (\(UTCTime.text(times[device] ?? 0))): find the unit and see which label it "
                    + "carries; a copied station or a copied device ID is behind this", at: now)
        }
    }

    private static func serialTwice(
        _ head: PlantHead, _ size: Int64, _ now: Int64, _ connection: PlantConnection
    ) throws(PlantError) -> [PlantAlarm] {
        let station = PlantValue.integer(Int64(head.number))
        let mine = try leases(head, size, connection)
        guard !mine.isEmpty else { return [] }
        let devices = Dictionary(mine.map { ($0.serial, $0.device) }, uniquingKeysWith: { _, last in last })
        let others = try connection.run(
            """
            SELECT l.serial, l.device_id, s.name FROM serial_lease l JOIN station s ON s.number = l.station
            WHERE l.serial = ANY ($2) AND l.station <> $1 AND l.state <> 'returned' ORDER BY l.serial, s.name
            """, [station, .texts(devices.keys.sorted())])
        return others.compactMap { row in
            let (serial, device, other) = (row.text(0) ?? "", row.text(1) ?? "", row.text(2) ?? "")
            // A unit that went to another station for rework carries its number along.
            guard let own = devices[serial], own != device else { return nil }
            return PlantAlarm(
                .serialTwice, station: head.station, subject: "\(serial) \(other)",
                sentence:
                    "serial number \(serial) was given to device \(own) at \(head.station) and to device \(device) "
                    + "at \(other): relabel one of them, and let both orders lease their numbers from the plant",
                at: now)
        }
    }

    private static func serialNotLeased(
        _ head: PlantHead, _ size: Int64, _ now: Int64, _ connection: PlantConnection
    ) throws -> [PlantAlarm] {
        let mine = try leases(head, size, connection)
        var alarms: [PlantAlarm] = []
        for order in Set(mine.map(\.order)).sorted() {
            guard let pool = try SerialPool.of(order, connection) else { continue }
            let blocks = try SerialPool.blocks(of: order, station: head.number, connection)
            for lease in mine where lease.order == order {
                guard let number = pool.range.number(of: lease.serial),
                    !blocks.contains(where: { $0.first <= number && number <= $0.last })
                else { continue }
                alarms.append(
                    PlantAlarm(
                        .serialNotLeased, station: head.station, subject: "\(lease.serial) \(lease.device)",
                        sentence:
                            "station \(head.station) gave serial number \(lease.serial) of the shared order \(order) "
                            + "to device \(lease.device) and holds no block with it: another station may use it as well; "
                            + "stop that order there and see where its numbers came from", at: now))
            }
        }
        return alarms
    }

    private static func leases(
        _ head: PlantHead, _ size: Int64, _ connection: PlantConnection
    ) throws(PlantError) -> [(serial: String, device: String, order: String)] {
        try connection.run(
            """
            SELECT serial, device_id, work_order FROM serial_lease
            WHERE station = $1 AND seq >= $2 AND seq < $3 AND state <> 'returned' ORDER BY seq
            """, [.integer(Int64(head.number)), .integer(head.compared), .integer(size)]
        ).map { ($0.text(0) ?? "", $0.text(1) ?? "", $0.text(2) ?? "") }
    }
}
