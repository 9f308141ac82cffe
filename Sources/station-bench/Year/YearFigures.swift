import Audit
import Foundation
import StationStore
import Synchronization

/// What a year's record weighs and how fast it answers, beside the `sqlite3` shell with the same SQL in the same run.
///
/// `station-bench year [UNITS]` makes one in a temporary folder and asks it; `station-bench year make DATABASE [UNITS] [SEED]` only makes it,
/// `station-bench year ask DATABASE` only asks. In release.
enum YearFigures {
    static func run(_ words: [String]) async throws {
        if words.first == "make", words.count > 1 {
            return try await make(
                words[1], units: number(words, 2) ?? 100_000, seed: UInt64(number(words, 3) ?? 1))
        }
        if words.first == "ask", words.count > 1 { return try await ask(words[1]) }
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "year-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "year.db").path
        try await make(path, units: number(words, 0) ?? 20_000, seed: 1)
        try await ask(path)
    }

    private static func number(_ words: [String], _ index: Int) -> Int? {
        words.indices.contains(index) ? Int(words[index]) : nil
    }

    private static func make(_ path: String, units: Int, seed: UInt64) async throws {
        let made = try await GeneratedYear(units: units, seed: seed).make(at: path)
        print(
            "year: \(units) units, seed \(seed), \(made.entries) entries in \(Int(made.seconds)) s, "
                + "\(Int(Double(made.entries) / made.seconds)) entries/s")
    }

    private static func ask(_ path: String) async throws {
        let reader = try StationReader.open(at: path)
        let bytes = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64) ?? 0
        let units = Int64(try shell(path, "SELECT count(*) FROM device")) ?? 0
        let steps = Int64(try shell(path, "SELECT count(*) FROM step")) ?? 0
        print(
            "size: \(bytes / max(steps, 1)) bytes a step on disk (target 400), \(bytes / max(units, 1)) a unit: "
                + "\(steps) steps, \(units) units, \(bytes >> 20) MiB with ledger, projections and indexes")
        let parts = try shell(
            path,
            """
            SELECT group_concat(part || ' ' || printf('%.1f', 1.0 * bytes / max(\(steps), 1)), ', ') FROM (
                SELECT coalesce(s.tbl_name, 'other') AS part, sum(p.pgsize) AS bytes
                FROM dbstat p LEFT JOIN sqlite_schema s ON s.name = p.name WHERE p.aggregate = TRUE GROUP BY part
                UNION ALL SELECT 'free pages', (SELECT freelist_count FROM pragma_freelist_count)
                    * (SELECT page_size FROM pragma_page_size)
                ORDER BY bytes DESC LIMIT 20)
            """)
        print("bytes a step by table with its indexes: \(parts)")
        var openings: [Double] = []
        for _ in 0..<100 {
            openings.append(
                try await time { try await StationReader.open(at: path).station().ledgerSize > 0 ? 1 : 0 }
                    .milliseconds)
        }
        print(
            "opening the record and reading its name: \(RecordFigures.milliseconds(openings.sorted()[50])), in the second and third figure of each question"
        )
        let middle = "3000" + "0c2a69" + String(format: "%06x", units / 2)
        let other = "3000" + "0c2a69" + String(format: "%06x", units / 3)
        // Cold: the file is dropped from the page cache first, where the kernel lets us.
        for (name, words, target) in [
            ("life", [middle], 5.0), ("difference", [middle, other], 20), ("done-by", ["operator-7"], nil),
            ("blessed-for", ["DE", "2025-03-08", "2025-03-08"], 20), ("reservation-changed", [], 20),
            ("recall", [middle], nil), ("passed-on-retest", [], nil),
        ] as [(String, [String], Double?)] {
            guard let question = NamedQuestion.all.first(where: { $0.name == name }) else { continue }
            dropCache(path)
            let cold = try await time { try await rows(question, words, StationReader.open(at: path)) }
            var (open, fresh): ([Double], [Double]) = ([], [])
            var found = 0
            for _ in 0..<5 {
                let one = try await time { try await rows(question, words, reader) }
                open.append(one.milliseconds)
                found = one.rows
                fresh.append(
                    try await time { try await rows(question, words, StationReader.open(at: path)) }
                        .milliseconds)
            }
            print(
                "\(name): \(RecordFigures.milliseconds(open.sorted()[2])) of an open record, "
                    + "\(RecordFigures.milliseconds(fresh.sorted()[2])) with the opening, cold "
                    + "\(RecordFigures.milliseconds(cold.milliseconds)), \(found) rows"
                    + (target.map { " (target \($0) ms)" } ?? ""))
        }
        try await beside(path)
    }

    private static func rows(_ question: NamedQuestion, _ words: [String], _ reader: StationReader)
        async throws -> Int
    {
        switch try await question.answer(reader, words) {
        case .rows(_, let rows): return rows.count
        case .statement(let statement):
            let counter = Counter()
            try await reader.answer(statement) { _ in counter.add() }
            return counter.count
        }
    }

    /// The same SQL in the `sqlite3` shell: whole processes there, a new connection here.
    private static func beside(_ path: String) async throws {
        let queries: [(name: String, query: Query, target: Double?)] = [
            (
                "yield by SKU and day, a year",
                try Query(
                    .runs, filter: "started between 2025-01-01 and 2025-12-31", groups: ["sku", "day"]), 200
            ),
            (
                "units of a market and month",
                try Query(.units, filter: "market = DE and blessed between 2025-03-01 and 2025-03-31"), nil
            ),
            (
                "runs that failed, newest first",
                try Query(.runs, filter: "outcome = failed", sort: ["started:desc"]), nil
            ),
            (
                "a measurement by SKU",
                try Query(.measurements, filter: "measurement = m3_1", groups: ["sku"]), nil
            ),
        ]
        for (name, query, target) in queries {
            let statement = query.statement
            var (ours, shell): ([Double], [Double]) = ([], [])
            for _ in 0..<3 {
                ours.append(
                    try await time {
                        let counter = Counter()
                        try await StationReader.open(at: path).answer(statement) { _ in counter.add() }
                        return counter.count
                    }.milliseconds)
                shell.append(try shellTime(path, statement.shellText))
            }
            let (best, peer) = (ours.sorted()[1], shell.sorted()[1])
            print(
                "\(name): \(RecordFigures.milliseconds(best)), sqlite3 \(RecordFigures.milliseconds(peer)), "
                    + "\(RecordFigures.ratio(best / peer)) times its time (target 1.2)"
                    + (target.map { ", target \($0) ms" } ?? ""))
        }
    }

    /// - Returns: milliseconds.
    private static func shellTime(_ path: String, _ sql: String) throws -> Double {
        let watch = Stopwatch()
        _ = try shell(path, sql)
        return watch.seconds * 1000
    }

    /// - Returns: what the shell printed.
    @discardableResult
    private static func shell(_ path: String, _ sql: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/sqlite3")
        process.arguments = ["-readonly", path, sql]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ShellFailure(sql: sql) }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private struct ShellFailure: Error { let sql: String }

    private static func time(_ body: () async throws -> Int) async throws -> (rows: Int, milliseconds: Double)
    {
        let watch = Stopwatch()
        let rows = try await body()
        return (rows, watch.seconds * 1000)
    }

    /// Asks the kernel to forget the file's pages.
    private static func dropCache(_ path: String) {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return }
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        close(file)
    }
}

/// Rows as they come.
private final class Counter: Sendable {
    private let rows = Mutex(0)

    var count: Int { rows.withLock { $0 } }
    func add() { rows.withLock { $0 += 1 } }
}
