import Foundation
import StationStore
import Synchronization
import Testing
import TimeAndChance

@testable import Audit

@Suite struct QueryTests {
    private func rows(_ query: Query, _ reader: StationReader) async throws -> [[AnswerCell]] {
        let rows = Mutex<[[AnswerCell]]>([])
        try await reader.answer(query) { cells in rows.withLock { $0.append(cells) } }
        return rows.withLock { $0 }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let subject: Subject
        let filter: String
        let says: String
        let position: Int?
        var testDescription: String { filter }
    }

    static let bad: [Bad] = [
        Bad(subject: .runs, filter: "outcom = passed", says: "did you mean outcome?", position: 0),
        Bad(subject: .runs, filter: "value > 3", says: "belongs to measurements", position: 0),
        Bad(subject: .runs, filter: "zzz = 1", says: "there are device, mac, serial", position: 0),
        Bad(subject: .runs, filter: "outcome = fine", says: "passed, failed, refused", position: 10),
        Bad(subject: .runs, filter: "slot = one", says: "a whole number", position: 7),
        Bad(subject: .runs, filter: "started >= 2026-02-30", says: "2026-11-22T10:30", position: 11),
        Bad(subject: .units, filter: "nvram = xyz", says: "hexadecimal digits", position: 8),
        Bad(subject: .units, filter: "mac = 00:11", says: "12 hexadecimal digits", position: 6),
        Bad(subject: .runs, filter: "slot ~ 1", says: "can't be compared with `~`", position: 5),
        Bad(subject: .runs, filter: "slot = 1 slot = 2", says: "`and`, `or` or the end", position: 9),
        Bad(subject: .runs, filter: "(slot = 1", says: "A `)` is missing", position: 9),
        Bad(subject: .runs, filter: "slot in 1", says: "a list was expected", position: 8),
        Bad(subject: .runs, filter: "slot between 1", says: "between LOW and HIGH", position: 14),
        Bad(subject: .runs, filter: "sku = 'open", says: "not closed", position: 6),
        Bad(subject: .runs, filter: "slot !1", says: "`!` must be followed by `=`", position: 5),
        Bad(subject: .runs, filter: "slot", says: "a comparison was expected", position: 4),
        Bad(subject: .runs, filter: "slot =", says: "the filter ends here", position: 6),
        Bad(subject: .runs, filter: "and", says: "no field `and`", position: 0),
        Bad(subject: .runs, filter: "reason ~ 'a\u{0}b'", says: "control character", position: 11),
        Bad(subject: .runs, filter: "code is empty", says: "missing", position: 8),
        Bad(
            subject: .runs, filter: String(repeating: "(", count: 60) + "slot = 1", says: "50 deep",
            position: 50),
        Bad(
            subject: .runs, filter: String(repeating: "x", count: 10_001), says: "at most 10000",
            position: nil),
    ]

    @Test(arguments: bad)
    func whatCannotBeReadIsPointedAt(row: Bad) {
        let fault = #expect(throws: QueryFault.self) { try Query(row.subject, filter: row.filter) }
        #expect(fault?.sentence.contains(row.says) == true, "\(fault?.sentence ?? "")")
        #expect(fault?.position == row.position)
    }

    @Test func columnsSortsAndGroupsAreChecked() {
        for (make, says) in [
            ({ try Query(.runs, columns: ["sku"], groups: ["sku"]) }, "together with groups"),
            ({ try Query(.runs, columns: ["image"]) }, "not shown"),
            ({ try Query(.runs, sort: ["slot:down"]) }, ":asc or :desc"),
            ({ try Query(.runs, sort: ["code"], groups: ["slot"]) }, "only a field of --group"),
            ({ try Query(.runs, limit: 0) }, "1 to 100000000"),
        ] as [(() throws -> Query, String)] {
            let fault = #expect(throws: QueryFault.self) { _ = try make() }
            #expect(fault?.sentence.contains(says) == true, "\(fault?.sentence ?? "")")
        }
    }

    /// Random filters, answered by SQLite and by plain Swift over the same facts.
    @Test func randomFiltersAgreeWithPlainSwift() async throws {
        let sample = try await SampleRecord(runs: 60)
        let seed = UInt64.random(in: 0...UInt64.max)
        print("QueryTests seed \(seed)")
        var dice = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let (text, holds) = Self.filter(&dice, depth: 3)
            let query = try Query(.runs, filter: text, columns: ["run"])
            let found = try await rows(query, sample.reader).map(\.[0])
            let expected = sample.facts.filter(holds).map { AnswerCell.integer($0.run) }
            #expect(found == expected, "\(text), seed \(seed)")
        }
    }

    private typealias Holds = @Sendable (SampleRecord.Fact) -> Bool

    private static func filter(_ dice: inout SeededGenerator, depth: Int) -> (String, Holds) {
        if depth > 0, dice.next() % 2 == 0 {
            let (left, first) = filter(&dice, depth: depth - 1)
            switch dice.next() % 3 {
            case 0: return ("not (\(left))", { !first($0) })
            case 1:
                let (right, second) = filter(&dice, depth: depth - 1)
                return ("(\(left)) and (\(right))", { first($0) && second($0) })
            default:
                let (right, second) = filter(&dice, depth: depth - 1)
                return ("(\(left)) or (\(right))", { first($0) || second($0) })
            }
        }
        let slot = Int(dice.next() % 5)
        let sku = SampleRecord.skus[Int(dice.next() % 3)]
        let quoted = sku.contains("\"") ? "lamp" : sku
        switch dice.next() % 9 {
        case 0: return ("slot = \(slot)", { $0.slot == slot })
        case 1: return ("slot >= \(slot)", { $0.slot >= slot })
        case 2: return ("outcome != passed", { $0.outcome != "passed" })
        case 3: return ("code = T01", { $0.code == "T01" })
        case 4: return ("code is missing", { $0.code == nil })
        case 5: return ("sku ~ '\(quoted.uppercased())'", { $0.sku.contains(quoted) })
        case 6: return ("market = US", { $0.markets.contains("US") })
        case 7: return ("market in (DE, GU)", { $0.markets.contains("DE") || $0.markets.contains("GU") })
        default: return ("slot not between 2 and 3", { !(2...3).contains($0.slot) })
        }
    }

    /// What a person writes is a value, whatever it looks like.
    @Test(arguments: ["x' OR 1=1 --", "'; DROP TABLE run; --", "%", "\\", "?", "$1", "🔥"])
    func valuesAreNeverSQL(text: String) async throws {
        let sample = try await SampleRecord(runs: 3)
        let quote = text.contains("'") ? "\"" : "'"
        for filter in ["sku = \(quote)\(text)\(quote)", "reason ~ \(quote)\(text)\(quote)"] {
            let query = try Query(.runs, filter: filter)
            #expect(!query.statement.sql.text.contains("DROP") && !query.statement.sql.text.contains("1=1"))
            #expect(try await rows(query, sample.reader).isEmpty)
        }
        #expect(try await rows(try Query(.runs), sample.reader).count == 3)
    }

    @Test func everyFieldCanBeShownSortedAndGrouped() async throws {
        let sample = try await SampleRecord(runs: 8)
        for subject in Subject.allCases {
            for field in FieldTable.fields(of: subject) where !field.isExistence {
                let query = try Query(subject, columns: [field.name], sort: ["\(field.name):desc"], limit: 5)
                #expect(try await !rows(query, sample.reader).isEmpty, "\(subject) \(field.name)")
                #expect(try await !rows(try Query(subject, groups: [field.name]), sample.reader).isEmpty)
                _ = try await rows(try Query(subject, filter: "\(field.name) is missing"), sample.reader)
            }
        }
        let names = FieldTable.all.flatMap { field in field.subjects.map { "\($0) \(field.name)" } }
        #expect(Set(names).count == names.count)
    }

    @Test func groupsCountAndRank() async throws {
        let sample = try await SampleRecord(runs: 50)
        let query = try Query(.measurements, filter: "measurement = vdd", groups: ["slot"])
        let answer = try await rows(query, sample.reader)
        let names = query.header.map(\.name)
        #expect(names.prefix(3) == ["slot", "count", "failed"])
        for row in answer {
            guard case .integer(let slot) = row[0] else { continue }
            let values = sample.facts.filter { $0.slot == Int(slot) }.map(\.voltage).sorted()
            func cell(_ name: String) -> AnswerCell { row[names.firstIndex(of: name) ?? 0] }
            func ranked(_ percent: Int) -> Double { values[max(1, (values.count * percent + 99) / 100) - 1] }
            #expect(cell("count") == .integer(Int64(values.count)))
            #expect(cell("min") == .number(values[0]) && cell("max") == .number(values[values.count - 1]))
            for percent in [5, 50, 95] { #expect(cell("p\(percent)") == .number(ranked(percent))) }
            let mean = values.reduce(0, +) / Double(values.count)
            let sd = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count - 1))
                .squareRoot()
            if case .number(let found) = cell("mean") { #expect(abs(found - mean) < 1e-9) }
            if case .number(let found) = cell("sd") { #expect(abs(found - sd) < 1e-9) }
        }
        let yields = try await rows(try Query(.runs, groups: ["sku"]), sample.reader)
        for row in yields {
            guard case .text(let sku) = row[0] else { continue }
            let mine = sample.facts.filter { $0.sku == sku }
            #expect(row[1] == .integer(Int64(mine.count)))
            #expect(row[3] == .integer(Int64(mine.count { $0.outcome == "passed" })))
        }
    }

    /// What comes out of the days' counts is what comes of looking at every run: `slot > 0` is true of each, and keeps the
    /// question from being answered out of them.
    @Test(arguments: [
        "", "sku = lamp-eu", "not sku ~ lamp", "sku in (lamp-eu, lamp-us) and started >= 2025-06-17",
        "started between 2025-06-15 and 2025-06-17", "started != 2025-06-16 or sku = lamp-us",
        "not (started < 2025-06-16 and sku != lamp-us)", "started > 2025-06-17", "started = 2020-01-01",
    ])
    func daysAreCountedAsTheyGo(filter: String) async throws {
        let sample = try await SampleRecord(runs: 90, minutes: 5, returning: true)
        let slow = filter.isEmpty ? "slot > 0" : "slot > 0 and (\(filter))"
        for (groups, sort, limit) in [
            (["sku", "day"], [], nil),
            (["day", "sku"], ["sku:desc"], nil),
            (["day", "sku"], ["day:desc"], 3),
        ] as [([String], [String], Int?)] {
            let fast = try Query(.runs, filter: filter, sort: sort, groups: groups, limit: limit)
            let counted = try await rows(fast, sample.reader)
            let looked = try await rows(
                try Query(.runs, filter: slow, sort: sort, groups: groups, limit: limit), sample.reader)
            #expect(counted == looked)
            #expect(counted.isEmpty == (filter == "started = 2020-01-01"))
            let plan = try await sample.reader.explain(fast).plan.joined(separator: "\n")
            #expect(plan.contains(" y") && !plan.contains("run_"), "\(plan)")
        }
        let cut = try Query(.runs, filter: "started > 2025-06-17T10:30", groups: ["sku", "day"])
        #expect(try await sample.reader.explain(cut).plan.contains { $0.contains("run_by_start") })
        #expect(try await sample.reader.verify(.everything).findings == [])
    }

    /// A day is from midnight to midnight, UTC.
    @Test func timesAreSpans() async throws {
        let sample = try await SampleRecord(runs: 4)
        let first = try await sample.reader.runs().map(\.startedAt).min() ?? 0
        let day = String(UTCTime.text(first).prefix(10))
        let minute = String(UTCTime.text(first).prefix(16))
        #expect(try await rows(try Query(.runs, filter: "started = \(day)"), sample.reader).count == 4)
        #expect(try await rows(try Query(.runs, filter: "started = \(minute)"), sample.reader).count == 1)
        #expect(try await rows(try Query(.runs, filter: "started > \(minute)"), sample.reader).count == 3)
        #expect(try await rows(try Query(.runs, filter: "started < \(day)"), sample.reader).isEmpty)
        #expect(try await rows(try Query(.runs, filter: "started <= \(day)"), sample.reader).count == 4)
    }

    @Test func questionsUseTheIndexesMadeForThem() async throws {
        let sample = try await SampleRecord(runs: 4)
        for (query, index) in [
            (try Query(.units, filter: "nvram = \(sample.nvram.hex)"), "device_by_nvram"),
            (try Query(.units, filter: "blessed between 2026-01-01 and 2026-01-31"), "device_by_blessing"),
            (try Query(.runs, filter: "code = V01"), "run_by_code"),
            (try Query(.runs, filter: "plan-revision = 1234"), "run_setup_by_plan"),
            (try Query(.runs, filter: "plan-revision = 1234"), "run_by_setup"),
            (try Query(.units, filter: "image = 1234"), "device_by_images"),
            (try Query(.runs, filter: "image = 1234"), "run_by_setup"),
        ] {
            let plan = try await sample.reader.explain(query).plan
            #expect(plan.contains { $0.contains(index) }, "\(plan)")
        }
    }

    /// Steps lie in a table of their own; entries come in order all the same, without being sorted first.
    @Test func entriesAreMergedInOrder() async throws {
        let sample = try await SampleRecord(runs: 6)
        let query = try Query(.entries, columns: ["entry", "kind", "at", "run", "device"])
        let rows = try await rows(query, sample.reader)
        let entries = try await sample.reader.entries()
        #expect(rows.map { $0[0] } == entries.map { .integer($0.sequence) })
        #expect(rows.map { $0[1] } == entries.map { .text($0.kind) })
        #expect(rows.map { $0[2] } == entries.map { .text(UTCTime.text($0.at)) })
        #expect(try await !sample.reader.explain(query).plan.contains { $0.contains("TEMP B-TREE") })
        for (filter, expected) in [
            ("kind = step.finished", entries.filter { $0.kind == "step.finished" }),
            ("kind != step.finished", entries.filter { $0.kind != "step.finished" }),
            ("entry between 5 and 20", entries.filter { (5...20).contains($0.sequence) }),
            (
                "not kind = run.started and entry > 3",
                entries.filter { $0.kind != "run.started" && $0.sequence > 3 }
            ),
        ] {
            let found = try await self.rows(
                try Query(.entries, filter: filter, columns: ["entry"]), sample.reader)
            #expect(found.map { $0[0] } == expected.map { .integer($0.sequence) }, "\(filter)")
        }
        let newest = try await self.rows(
            try Query(.entries, columns: ["kind"], sort: ["entry:desc"], limit: 5), sample.reader)
        #expect(newest.map { $0[0] } == entries.reversed().prefix(5).map { .text($0.kind) })
        let counted = try await self.rows(try Query(.entries, groups: ["kind"]), sample.reader)
        let kinds = Dictionary(grouping: entries, by: \.kind).mapValues(\.count)
        #expect(counted.map { $0[0] } == kinds.keys.sorted().map { .text($0) })
        #expect(counted.map { $0[1] } == kinds.keys.sorted().map { .integer(Int64(kinds[$0] ?? 0)) })
    }
}

@Suite struct FirmwareFieldTests {
    /// Units and runs are filtered and grouped by the content of their factory firmware; a short digest is enough.
    @Test(arguments: [Subject.runs, .units])
    func firmwareFiltersAndGroups(subject: Subject) async throws {
        let sample = try await SampleRecord(runs: 40)
        func rows(_ query: Query) async throws -> [[AnswerCell]] {
            let rows = Mutex<[[AnswerCell]]>([])
            try await sample.reader.answer(query) { cells in rows.withLock { $0.append(cells) } }
            return rows.withLock { $0 }
        }
        let all = try await rows(Query(subject, columns: ["firmware", "slot"]))
        let known = Set(all.compactMap { if case .text(let digest) = $0[0] { digest } else { nil } })
        #expect(known.count == 2)
        for digest in known {
            let found = try await rows(
                Query(subject, filter: "firmware = \(digest.prefix(8))", columns: ["slot"]))
            #expect(found.count == all.count { $0[0] == .text(digest) })
            #expect(!found.isEmpty)
        }
        let missing = try await rows(Query(subject, filter: "firmware is missing", columns: ["slot"]))
        #expect(missing.count == all.count { $0[0] == .missing })
        #expect(try await rows(Query(subject, groups: ["firmware"])).count == 3)
    }
}
