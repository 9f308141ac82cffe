import ArgumentParser
import Audit
import Foundation
import StationStore
import Synchronization
import Wording

extension AuditCommand {
    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "query",
            abstract:
                "Units, runs, steps, measurements or entries that fit a filter; listed or counted in groups.",
            discussion: """
                station audit query runs 'outcome = failed and started >= 2026-11-01' --sort started:desc
                station audit query measurements 'measurement = temperature' --group slot
                station audit query units 'market in (US, CA) and nvram = 7c1f2a' --format csv

                A filter joins comparisons with and, or, not and parentheses: = != < <= > >= ~ (holds), in (…), between … and …, \
                is missing. Quote values with spaces. `station audit fields` lists the fields; docs/audit.md has examples.
                """)

        enum Format: String, CaseIterable, ExpressibleByArgument { case table, jsonl, csv, openhtf, junit }

        @OptionGroup var options: FolderOptions
        @Argument(help: "units, runs, steps, measurements or entries.") var subject: Subject
        @Argument(help: "The filter; nothing for all.") var filter = ""
        @Option(help: "Show these fields, separated by commas.") var show: String?
        @Option(help: "Sort by these fields, separated by commas; NAME:desc for descending.") var sort:
            String?
        @Option(help: "Count in groups by these fields, separated by commas.") var group: String?
        @Option(help: "At most so many rows (a table shows 200 unless told).") var limit: Int?
        @Option(help: "table, jsonl, csv; for runs also openhtf (one record a line) and junit.") var format =
            Format.table
        @Flag(help: "Show the SQL and SQLite's plan instead of the answer.") var explain = false

        func run() async throws {
            let isTable = format == .table && !explain
            let isRecord = format == .openhtf || format == .junit
            guard !isRecord || subject == .runs, !isRecord || group == nil && show == nil else {
                throw StationFailure(
                    .badInput,
                    "--format \(format.rawValue) writes whole runs: ask for runs, without --show and --group."
                )
            }
            let query: Query
            do {
                query = try Query(
                    subject, filter: filter, columns: isRecord ? ["run"] : Self.names(show),
                    sort: Self.names(sort),
                    groups: Self.names(group), limit: limit ?? (isTable ? 200 : nil))
            } catch {
                throw StationFailure(.badInput, "\(error)")
            }
            let reader = try options.reader()
            if explain {
                let (sql, plan) = try await reader.explain(query)
                Terminal.line(sql)
                for line in plan { Terminal.line("  " + line) }
                return
            }
            switch format {
            case .table: try await Self.printTable(query.statement, reader, limit == nil ? 200 : nil)
            case .jsonl: try await Self.stream(query.statement, reader, .jsonl)
            case .csv: try await Self.stream(query.statement, reader, .csv)
            case .openhtf: try await RunExport(reader: reader).openHTF(query) { Terminal.line($0) }
            case .junit: try await RunExport(reader: reader).jUnit(query) { Terminal.line($0) }
            }
        }

        private static func names(_ text: String?) -> [String] {
            text?.split(separator: ",").map { $0.trimmed } ?? []
        }

        static func stream(_ statement: Statement, _ reader: StationReader, _ format: AnswerFormat)
            async throws
        {
            let columns = statement.header
            if let heading = format.heading(columns) { Terminal.line(heading) }
            try await reader.answer(statement) { Terminal.line(format.row($0, columns)) }
        }

        static func printTable(_ rows: [[AnswerCell]], _ columns: [AnswerColumn]) {
            if rows.isEmpty { return Terminal.line("Nothing fits.") }
            var table = Table(headings: columns.map(\.name))
            for row in rows { table.add(row.map(\.shown)) }
            table.print()
        }

        static func printTable(_ statement: Statement, _ reader: StationReader, _ cut: Int?) async throws {
            let rows = Mutex<[[AnswerCell]]>([])
            try await reader.answer(statement) { cells in rows.withLock { $0.append(cells) } }
            let found = rows.withLock { $0 }
            printTable(found, statement.header)
            if let cut, found.count == cut {
                Terminal.note("Only the first \(cut) rows are shown; --limit or --format jsonl gives more.")
            }
        }
    }

    struct Fields: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The fields that `audit query` knows.")
        @Argument(help: "Only those of units, runs, steps, measurements or entries.") var subject: Subject?

        func run() {
            var table = Table("field", "of", "meaning")
            for field in FieldTable.all where subject.map(field.subjects.contains) ?? true {
                let subjects = Subject.allCases.filter(field.subjects.contains).map(\.rawValue)
                table.add(
                    field.name,
                    subjects.count == Subject.allCases.count ? "all" : subjects.joined(separator: " "),
                    field.about)
            }
            table.print()
        }
    }
}

extension Subject: ExpressibleByArgument {}

extension AnswerCell {
    /// As a table for people shows it: digests cut to twelve digits (they tell them apart, and are enough to ask again),
    /// times to the second, numbers to six digits. The other formats have them whole.
    fileprivate var shown: String {
        switch self {
        case .missing: return "–"
        case .integer: return plain
        case .number(let value):
            return AnswerCell.number(value.rounded(toSignificantDigits: 6)).plain
        case .text(let text):
            let bytes = Array(text.utf8)
            if bytes.count == 64,
                bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            {
                return String(text.prefix(12))
            }
            if bytes.count == 24, bytes[10] == UInt8(ascii: "T"), bytes[23] == UInt8(ascii: "Z") {
                return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
            }
            return text.isEmpty ? "–" : text
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
