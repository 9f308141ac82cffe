import Audit
import Ledger
import StationStore

extension PlantDatabase {
    /// Answers a question row by row; memory stays flat whatever the size.
    /// - Parameter each: called for each row; what it throws ends the answer and is thrown on.
    /// - Returns: the answer's columns.
    @discardableResult
    public func answer(_ query: Query, each: @escaping @Sendable ([AnswerCell]) throws -> Void) async throws
        -> [AnswerColumn]
    {
        try await answer(query.plant, each: each)
    }

    /// Answers a ready question.
    /// - Throws: `QueryFault` when arguments are missing, too many, or no values.
    @discardableResult
    public func answer(
        _ question: PlantQuestion, _ arguments: [String],
        each: @escaping @Sendable ([AnswerCell]) throws -> Void
    ) async throws -> [AnswerColumn] {
        guard arguments.count == question.parameters.count else {
            let usage = ([question.name] + question.parameters.map { $0.uppercased() }).joined(separator: " ")
            throw QueryFault(
                text: "", position: nil,
                sentence:
                    "\(question.name) takes \(question.parameters.count) arguments, found \(arguments.count): station plant ask \(usage)"
            )
        }
        return try await answer(question.statement(arguments), each: each)
    }

    /// What a question is in the plant's SQL, and how the database goes about it.
    public func explain(_ query: Query) async throws -> (sql: String, plan: [String]) {
        let statement = query.plant
        let plan = try await ask { connection in
            try connection.run("EXPLAIN " + statement.sql, statement.arguments.map(PlantValue.init))
                .compactMap { $0.text(0) }
        }
        return (statement.sql, plan)
    }

    /// The columns of a question's answer.
    public func header(of query: Query) -> [AnswerColumn] { query.plant.header }

    private func answer(
        _ statement: PlantStatement, each: @escaping @Sendable ([AnswerCell]) throws -> Void
    ) async throws -> [AnswerColumn] {
        try await ask { connection in
            try connection.stream(statement.sql, statement.arguments.map(PlantValue.init)) { row in
                try each(zip(row.columns, statement.header).map { AnswerCell($0, $1) })
            }
        }
        return statement.header
    }

    /// What is not the same in two units, as pairs of texts.
    /// - Throws: ``PlantError/unknown(_:)``
    public func difference(_ left: String, _ right: String) async throws -> [(
        what: String, left: String?, right: String?
    )] {
        let (first, second) = (try await facts(left), try await facts(right))
        let names = first.map(\.0) + second.map(\.0).filter { name in !first.contains { $0.0 == name } }
        return names.compactMap { name in
            let (one, other) = (first.first { $0.0 == name }?.1, second.first { $0.0 == name }?.1)
            return one == other ? nil : (name, one, other)
        }
    }

    private func facts(_ key: String) async throws -> [(String, String)] {
        try await ask { connection in
            let bare = key.lowercased().filter { !":-.".contains($0) }
            // A unit that several stations have seen is as the one that blessed it, or that saw it last, has it.
            let rows = try connection.run(
                """
                SELECT d.station, d.id, t.name, d.device_id, d.mac, d.serial, d.imp_os, d.flash_jedec, d.sku, d.market,
                    d.region, d.channels, d.nvram, d.blessed_at
                FROM device d JOIN station t ON t.number = d.station
                WHERE d.device_id = $1 OR d.mac = $1 OR d.device_id IN
                    (SELECT device_id FROM serial_lease WHERE serial = $2 AND state <> 'returned')
                ORDER BY d.blessed_at DESC NULLS LAST, d.station DESC LIMIT 1
                """, [.text(bare), .text(key)])
            guard let row = rows.first else { throw PlantError.unknown("unit \(key)") }
            let names = [
                "station", "device", "mac", "serial", "impos", "flash", "sku", "market", "region", "channels",
                "nvram",
            ]
            var facts = names.enumerated().compactMap { index, name in row.text(index + 2).map { (name, $0) }
            }
            if let at = row.integer(13) { facts.append(("blessed", UTCTime.text(at))) }
            let unit: [PlantValue] = [row[0], row[1]]
            for image in try connection.run(
                "SELECT address, name, digest FROM device_image WHERE station = $1 AND device = $2 ORDER BY address",
                unit)
            {
                facts.append(
                    ("image at \(image.integer(0) ?? 0)", "\(image.text(1) ?? "") \(image.text(2) ?? "")"))
            }
            let runs = try connection.run(
                """
                SELECT r.id, r.slot, r.outcome, r.plan_digest, r.sku_digest, p.name
                FROM run r LEFT JOIN person p ON p.station = r.station AND p.seal = r.operator
                WHERE r.station = $1 AND r.device = $2 ORDER BY r.id
                """, unit)
            facts.append(("runs", String(runs.count)))
            guard let last = runs.last else { return facts }
            let words = ["last run's outcome", "plan revision", "sku revision", "last run's operator"]
            facts.append(("last run's slot", String(last.integer(1) ?? 0)))
            for (index, word) in words.enumerated() {
                if let text = last.text(index + 2) { facts.append((word, text)) }
            }
            for measured in try connection.run(
                """
                SELECT n.name, q.name, v.number, v.words, v.flag, q.unit FROM step s
                    JOIN measurement v ON v.station = s.station AND v.step = s.seq
                    JOIN measurand q ON q.station = v.station AND q.id = v.measurand
                    JOIN step_name n ON n.station = s.station AND n.id = s.name
                WHERE s.station = $1 AND s.run = $2 ORDER BY v.step, v.position
                """, [row[0], last[0]])
            {
                var text = measured.text(3) ?? measured.integer(4).map { $0 == 1 ? "true" : "false" } ?? ""
                if case .number(let number) = measured[2] { text = AnswerCell.number(number).plain }
                facts.append(
                    (
                        "\(measured.text(0) ?? ""): \(measured.text(1) ?? "")",
                        text + (measured.text(5).map { " " + $0 } ?? "")
                    ))
            }
            return facts
        }
    }

    /// Everything about a unit at one station, with its paths to the tree head that the plant has of that station: the
    /// same bundle as `station audit prove` writes, checked by the same script.
    /// - Parameter station: which, when several have seen the unit; nil for the one that blessed it or saw it last.
    /// - Throws: ``PlantError/unknown(_:)``
    public func proof(ofUnit key: String, at station: String? = nil) async throws -> ProofBundle {
        try await ask { connection in
            let bare = key.lowercased().filter { !":-.".contains($0) }
            let rows = try connection.run(
                """
                SELECT d.station, d.id, d.device_id, t.name FROM device d JOIN station t ON t.number = d.station
                WHERE (d.device_id = $1 OR d.mac = $1 OR d.device_id IN
                    (SELECT device_id FROM serial_lease WHERE serial = $2 AND state <> 'returned'))
                    AND ($3 = '' OR t.name = $3)
                ORDER BY d.blessed_at DESC NULLS LAST, d.station DESC LIMIT 1
                """, [.text(bare), .text(key), .text(station ?? "")])
            guard let unit = rows.first, let name = unit.text(3),
                let head = try PlantHead.of(name, connection)
            else {
                throw PlantError.unknown("unit \(key)" + (station.map { " at \($0)" } ?? ""))
            }
            let sequences = try connection.run(
                """
                SELECT seq FROM event WHERE station = $1 AND device = $3
                UNION SELECT e.seq FROM event e JOIN run r ON r.station = e.station AND r.id = e.run
                    WHERE e.station = $1 AND r.device = $2
                UNION SELECT s.seq FROM step s JOIN run r ON r.station = s.station AND r.id = s.run
                    WHERE s.station = $1 AND r.device = $2
                ORDER BY 1
                """, [unit[0], unit[1], unit[2]]
            ).compactMap { $0.integer(0) }
            let checkpoint: Checkpoint
            let verifier: VerifierKey
            do {
                checkpoint = try Checkpoint(parsing: head.note)
                verifier = try VerifierKey(text: head.verifierKey)
            } catch {
                throw PlantError.unreadable("the tree head of \(name): \(error)")
            }
            var tree = TiledTree(
                size: head.size, source: PlantTiles(connection: connection, station: head.number))
            var entries: [ProofBundle.ProvenEntry] = []
            for sequence in [0] + sequences {
                guard
                    let bytes = try connection.run(
                        "SELECT entry FROM entry WHERE station = $1 AND seq = $2",
                        [unit[0], .integer(sequence)]
                    ).first?.bytes(0)
                else { throw PlantError.unknown("entry \(sequence) of \(name)") }
                entries.append(
                    ProofBundle.ProvenEntry(
                        index: sequence, entry: String(decoding: bytes, as: UTF8.self),
                        proof: try tree.inclusionProof(of: sequence)))
            }
            return ProofBundle(entries: entries, checkpoint: checkpoint, verifier: verifier)
        }
    }
}

extension PlantValue {
    init(_ argument: PlantStatement.Argument) {
        switch argument {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .text(let value): self = .text(value)
        }
    }
}

extension AnswerCell {
    fileprivate init(_ value: PlantValue, _ column: AnswerColumn) {
        switch value {
        case .null, .bytes, .texts, .integers: self = .missing
        case .integer(let number) where column.isTime: self = .text(UTCTime.text(number))
        case .integer(let number) where column.isFlag: self = .text(number == 0 ? "no" : "yes")
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .number(number)
        case .text(let text) where column.isCoded:
            let rest = String(text.dropFirst())
            switch text.first {
            case "n": self = Double(rest).map(AnswerCell.number) ?? .missing
            case "i": self = Int64(rest).map(AnswerCell.integer) ?? .missing
            default: self = .text(rest)
            }
        case .text(let text): self = .text(text)
        }
    }
}
