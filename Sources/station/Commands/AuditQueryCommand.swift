import ArgumentParser
import Audit

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
        @OptionGroup var asked: QueryOptions
        @Option(help: "table, jsonl, csv; for runs also openhtf (one record a line) and junit.") var format =
            Format.table

        func run() async throws {
            let output = AnswerOutput(rawValue: format.rawValue)
            guard output != nil || asked.subject == .runs && asked.group == nil && asked.show == nil else {
                throw StationFailure(
                    .badInput,
                    "--format \(format.rawValue) writes whole runs: ask for runs, without --show and --group."
                )
            }
            let query = try asked.query(asTable: output == .table, columns: output == nil ? ["run"] : nil)
            let reader = try options.reader()
            if asked.explain {
                let (sql, plan) = try await reader.explain(query)
                return AnswerOutput.explain(sql, plan)
            }
            if let output {
                try await output.write(reader, query.statement, cut: asked.cut)
            } else if format == .junit {
                try await RunExport(reader: reader).jUnit(query, write: Self.writeLine)
            } else {
                try await RunExport(reader: reader).openHTF(query, write: Self.writeLine)
            }
        }

        @Sendable private static func writeLine(_ text: String) throws {
            Terminal.line(text)
            try Terminal.requireOutput()
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
