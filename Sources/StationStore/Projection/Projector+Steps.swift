import GRDB

/// Steps and measurements: nearly all of the entries, so nothing here is looked up twice.
extension Projector {
    /// Statements that run for every step.
    struct StepStatements {
        let step: HotStatement
        let measurement: HotStatement

        init(_ db: Database) throws {
            step = try HotStatement(
                db,
                """
                INSERT INTO step (seq, run, name, attempt, outcome, started_ms, ended_ms, message, at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
            measurement = try HotStatement(
                db,
                "INSERT INTO measurement (step, position, measurand, value, outcome) VALUES (?, ?, ?, ?, ?)")
        }
    }

    /// What measurements share.
    struct MeasurandKey: Hashable {
        let name: String
        let unit: String?
        let limit: Limit?
    }

    /// Most names and limits that are remembered; a plan has dozens, limits made up for each unit would be endless.
    private static let mostRemembered = 65_536

    func apply(_ body: StepFinished, _ place: Place) throws {
        if !openRuns.contains(body.run) {
            try requireOpenRun(body.run)
            openRuns.insert(body.run)
        }
        let statements = try statements()
        let step = statements.step
        step.bind(place.sequence, at: 1)
        step.bind(body.run.rawValue, at: 2)
        step.bind(try stepName(body.name), at: 3)
        step.bind(Int64(body.attempt), at: 4)
        step.bind(body.outcome.code, at: 5)
        step.bind(body.startedMs, at: 6)
        step.bind(body.endedMs, at: 7)
        step.bind(body.message, at: 8)
        step.bind(place.at, at: 9)
        try step.run()
        for (position, measurement) in body.measurements.enumerated() {
            let key = MeasurandKey(name: measurement.name, unit: measurement.unit, limit: measurement.limit)
            let row = statements.measurement
            row.bind(place.sequence, at: 1)
            row.bind(Int64(position), at: 2)
            row.bind(try measurand(key), at: 3)
            row.bind(measurement.value, at: 4)
            row.bind(measurement.outcome.code, at: 5)
            try row.run()
        }
    }

    private func stepName(_ name: String) throws -> Int64 {
        if let known = stepNames[name] { return known }
        if stepNames.count >= Self.mostRemembered { stepNames.removeAll() }
        var id: Int64? = try value("SELECT id FROM step_name WHERE name = ?", [name])
        if id == nil {
            try execute("INSERT INTO step_name (name) VALUES (?)", [name])
            id = db.lastInsertedRowID
        }
        stepNames[name] = id
        return id ?? 0
    }

    private func measurand(_ key: MeasurandKey) throws -> Int64 {
        if let known = measurands[key] { return known }
        if measurands.count >= Self.mostRemembered { measurands.removeAll() }
        var (low, high): (Double?, Double?)
        var equals: DatabaseValue = .null
        var matches: String?
        switch key.limit {
        case nil: break
        case .range(let least, let most): (low, high) = (least.map { $0 + 0 }, most.map { $0 + 0 })
        case .equals(let value): equals = value.databaseValue
        case .matches(let pattern): matches = pattern
        }
        let arguments: StatementArguments = [key.name, key.unit, low, high, equals, matches]
        // 1 and 1.0 are equal to SQLite, a bool and a number are not to us: typeof keeps them apart.
        var id: Int64? = try value(
            """
            SELECT id FROM measurand WHERE name = ?1 AND unit IS ?2 AND low IS ?3 AND high IS ?4
                AND equals IS ?5 AND typeof(equals) = typeof(?5) AND matches IS ?6
            """, arguments)
        if id == nil {
            try execute(
                "INSERT INTO measurand (name, unit, low, high, equals, matches) VALUES (?, ?, ?, ?, ?, ?)",
                arguments)
            id = db.lastInsertedRowID
        }
        measurands[key] = id
        return id ?? 0
    }
}

extension MeasurementValue {
    /// REAL, TEXT, or INTEGER 0/1: a column of type ANY keeps them apart. Adding zero makes -0 a plain 0, as the entry has it.
    var databaseValue: DatabaseValue {
        switch self {
        case .number(let value): (value + 0).databaseValue
        case .text(let text): text.databaseValue
        case .bool(let flag): (flag ? 1 : 0).databaseValue
        }
    }

    init?(_ value: DatabaseValue) {
        switch value.storage {
        case .double(let number): self = .number(number)
        case .string(let text): self = .text(text)
        case .int64(let flag): self = .bool(flag != 0)
        case .null, .blob: return nil
        }
    }
}
