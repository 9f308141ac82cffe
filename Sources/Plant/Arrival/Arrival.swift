import Ledger
import StationStore

/// A batch of entries, read and hashed, ready to be stored at the plant in one transaction.
struct Arrival: Sendable {
    let first: Int64
    let entries: [[UInt8]]
    let leaves: [TreeHash]
    let nodes: [TileNode]
    let records: [(sequence: Int64, at: Int64, record: Record)]
    let checkpoint: Checkpoint
    /// The tree after the batch.
    let tree: GrowingTree

    var end: Int64 { first + Int64(entries.count) }

    /// Reads a stretch of a ledger and checks it: each entry says its own place, the tree over all of them has the root
    /// that was signed, and the station's key signed it.
    /// - Parameter tree: as the plant has it before the batch.
    /// - Throws: ``PlantError/evidence(_:)``
    init(
        _ stretch: SignedStretch, after tree: GrowingTree, station: String, verifier: VerifierKey, now: Int64
    ) throws {
        func forged(_ why: String) -> PlantError {
            .evidence([
                PlantAlarm(
                    .forgedHead, station: station,
                    subject: "\(stretch.checkpoint.size):\(stretch.checkpoint.root.hex.prefix(16))",
                    sentence:
                        "station \(station) brought a tree head over \(stretch.checkpoint.size) entries that can't be "
                        + "believed: \(why). Run `station audit verify` there; nothing of it was stored",
                    at: now)
            ])
        }
        var (tree, leaves, nodes) = (tree, [TreeHash](), [TileNode]())
        var records: [(sequence: Int64, at: Int64, record: Record)] = []
        leaves.reserveCapacity(stretch.entries.count)
        records.reserveCapacity(stretch.entries.count)
        for (offset, bytes) in stretch.entries.enumerated() {
            let sequence = stretch.first + Int64(offset)
            let leaf = TreeHash.leaf(bytes)
            leaves.append(leaf)
            nodes += tree.append(leaf)
            do {
                let envelope = try EntryEnvelope(parsing: bytes)
                guard envelope.sequence == sequence, envelope.station == station else {
                    throw forged(
                        "entry \(sequence) says that it is entry \(envelope.sequence) of \(envelope.station)")
                }
                records.append(
                    (sequence, envelope.at, try Record(kind: envelope.kind, json: envelope.record)))
            } catch let error as PlantError {
                throw error
            } catch {
                throw forged("entry \(sequence): \(error)")
            }
        }
        do throws(NoteError) { try stretch.checkpoint.verify(by: [verifier]) } catch {
            throw forged("\(error)")
        }
        guard stretch.checkpoint.size == tree.size, stretch.checkpoint.root == tree.root else {
            throw forged("the entries have the root \(tree.root.hex.prefix(16))")
        }
        first = stretch.first
        entries = stretch.entries
        self.leaves = leaves
        self.nodes = nodes
        self.records = records
        checkpoint = stretch.checkpoint
        self.tree = tree
    }

    /// Stores the batch: entries, hashes, what they say laid out for questions, and the head, all or nothing.
    /// - Parameters:
    ///   - head: what the plant was seen to have; when it has anything else by now nothing is stored.
    ///   - names: numbers that are at the plant already; those of the batch are added.
    /// - Returns: the new head.
    func store(
        after head: PlantHead, names: inout NameNumbers, now: Int64, _ connection: PlantConnection
    ) throws -> PlantHead {
        var next = head
        next.size = end
        next.root = tree.root
        next.note = checkpoint.note.encoded
        next.lastAt = records.last?.at ?? head.lastAt
        next.arrivedAt = now
        let station = Int64(head.number)
        var numbers = names
        try connection.transaction {
            // First the head: whoever else sends for this station waits here, finds it moved, and stores nothing.
            let moved = try connection.change(
                """
                UPDATE head SET size = $2, root = $3, note = $4, last_at = $5, arrived_at = $6
                WHERE station = $1 AND size = $7 AND root = $8
                """,
                [
                    .integer(station), .integer(next.size), .bytes(next.root.bytes), .text(next.note),
                    .integer(next.lastAt), .integer(now), .integer(head.size), .bytes(head.root.bytes),
                ])
            guard moved == 1 else { throw PlantError.overtaken("the head of station \(head.station)") }
            try connection.copy(
                entryRows(head.number), into: "entry", columns: ["station", "seq", "leaf", "entry"])
            try connection.copy(
                nodeRows(head.number), into: "node", columns: ["station", "level", "position", "hash"])
            var projector = PlantProjector(
                station: head.number, known: try known(head.number, connection), names: numbers)
            for (sequence, at, record) in records { projector.apply(record, sequence: sequence, at: at) }
            try store(projector, connection)
            try connection.run(
                "INSERT INTO checkpoint (station, size, note, arrived_at) VALUES ($1, $2, $3, $4)",
                [.integer(station), .integer(next.size), .text(next.note), .integer(now)])
            numbers = projector.names
        }
        numbers.settled()
        names = numbers
        return next
    }

    private func entryRows(_ station: Int32) -> BinaryRows {
        var rows = BinaryRows(reservingCapacity: entries.reduce(0) { $0 + $1.count + 80 })
        for (offset, (entry, leaf)) in zip(entries, leaves).enumerated() {
            rows.row(columns: 4)
            rows.int4(station)
            rows.int8(first + Int64(offset))
            leaf.withUnsafeBytes { rows.data($0) }
            entry.withUnsafeBytes { rows.data($0) }
        }
        return rows
    }

    private func nodeRows(_ station: Int32) -> BinaryRows {
        var rows = BinaryRows()
        for node in nodes {
            rows.row(columns: 4)
            rows.int4(station)
            rows.int2(Int16(node.level))
            rows.int8(node.index)
            node.hash.withUnsafeBytes { rows.data($0) }
        }
        return rows
    }

    /// Looks up what the batch refers to and does not bring itself.
    private func known(_ station: Int32, _ connection: PlantConnection) throws(PlantError)
        -> PlantProjector.Known
    {
        let missing = PlantProjector.missing(in: records)
        var known = PlantProjector.Known()
        let station = PlantValue.integer(Int64(station))
        if !missing.runs.isEmpty {
            let rows = try connection.run(
                "SELECT id, device, sku, market FROM run WHERE station = $1 AND id = ANY ($2)",
                [station, .integers(missing.runs.sorted())])
            for row in rows {
                known.runs[row.integer(0) ?? 0] = PlantProjector.RunFacts(
                    device: row.integer(1), sku: row.text(2) ?? "", market: row.text(3))
            }
        }
        if !missing.devices.isEmpty {
            let rows = try connection.run(
                "SELECT device_id, id FROM device WHERE station = $1 AND device_id = ANY ($2)",
                [station, .texts(missing.devices.sorted())])
            for row in rows { known.devices[row.text(0) ?? ""] = row.integer(1) }
        }
        if !missing.serials.isEmpty {
            let rows = try connection.run(
                "SELECT serial, seq FROM serial_lease WHERE station = $1 AND serial = ANY ($2) AND state = 'leased'",
                [station, .texts(missing.serials.sorted())])
            for row in rows { known.leases[row.text(0) ?? ""] = row.integer(1) }
        }
        let released = missing.released.compactMap { known.devices[$0] }
        if !released.isEmpty {
            let rows = try connection.run(
                "SELECT device, seq FROM quarantine WHERE station = $1 AND device = ANY ($2) AND released_seq IS NULL",
                [station, .integers(released.sorted())])
            for row in rows { known.quarantines[row.integer(0) ?? 0] = row.integer(1) }
        }
        return known
    }

    private func store(_ projector: PlantProjector, _ connection: PlantConnection) throws(PlantError) {
        let station = projector.station
        var names: [(sql: String, arguments: [PlantValue])] = projector.names.newSteps.map { id, name in
            (
                "INSERT INTO step_name (station, id, name) VALUES ($1, $2, $3) ON CONFLICT (station, id) DO NOTHING",
                [.integer(Int64(station)), .integer(id), .text(name)]
            )
        }
        names += projector.names.newMeasurands.map { id, columns in
            (
                """
                INSERT INTO measurand (station, id, name, unit, low, high, equals, matches)
                VALUES ($1, $2, $3, $4::text, $5::float8, $6::float8, $7::text, $8::text)
                ON CONFLICT (station, id) DO NOTHING
                """,
                [.integer(Int64(station)), .integer(id)] + columns
            )
        }
        try connection.changeAll(names)
        try connection.copy(
            projector.events, into: "event", columns: ["station", "seq", "at", "kind", "run", "device"])
        for rows in [
            projector.devices, projector.runs, projector.deviceImages, projector.leases,
            projector.quarantines,
        ] {
            try connection.copy(rows.rows(station: station), into: rows.table.name, columns: rows.columnNames)
        }
        try connection.copy(
            projector.runImages, into: "run_image",
            columns: ["station", "run", "address", "name", "digest", "size"])
        try connection.copy(
            projector.steps, into: "step",
            columns: [
                "station", "seq", "run", "name", "attempt", "outcome", "started_ms", "ended_ms", "message",
            ])
        try connection.copy(
            projector.measurements, into: "measurement",
            columns: ["station", "step", "position", "measurand", "number", "words", "flag", "outcome"])
        try connection.copy(
            projector.notes, into: "note",
            columns: ["station", "seq", "at", "text", "by_whom", "run", "device"])
        var changes: [(sql: String, arguments: [PlantValue])] = []
        for rows in [projector.devices, projector.runs, projector.leases, projector.quarantines] {
            changes += rows.statements(station: station)
        }
        try connection.changeAll(changes + projector.laterImages)
    }
}
