import ArgumentParser
import Audit
import ContentAddress
import Foundation
import Ledger
import Plant
import StationStore

extension PlantCommand {
    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "query",
            abstract: "The filters of `station audit query`, asked of all stations at once.",
            discussion: """
                station plant query runs 'outcome = failed and started >= 2026-11-01' --group station,code
                station plant query units 'market = JP and station = st-07' --format csv
                """)

        @OptionGroup var plant: PlantOptions
        @OptionGroup var asked: QueryOptions
        @Option(help: "table, jsonl or csv.") var format = AnswerOutput.table

        func run() async throws {
            let query = try asked.query(asTable: format == .table)
            let database = try plant.database()
            if asked.explain {
                let (sql, plan) = try await database.explain(query)
                return AnswerOutput.explain(sql, plan)
            }
            try await format.write(database.header(of: query), cut: asked.cut) {
                try await database.answer(query, each: $0)
            }
        }
    }

    struct Named: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ask",
            abstract: "A question by its name, asked of all stations at once.",
            discussion: PlantQuestion.all.map { question in
                ([question.name] + question.parameters.map { $0.uppercased() }).joined(separator: " ") + ": "
                    + question.about
            }.joined(separator: "\n") + "\ndifference UNIT UNIT: what differs between two units")

        @OptionGroup var plant: PlantOptions
        @Argument(help: "The question's name.") var question: String
        @Argument(help: "What it is about.") var about: [String] = []
        @Option(help: "table, jsonl or csv.") var format = AnswerOutput.table

        func run() async throws {
            let database = try plant.database()
            if question == "difference" {
                guard about.count == 2 else { throw StationFailure(.badInput, "difference takes two units.") }
                let columns = [
                    AnswerColumn(name: "what"), AnswerColumn(name: about[0]), AnswerColumn(name: about[1]),
                ]
                let rows = try await database.difference(about[0], about[1]).map { what, left, right in
                    [
                        AnswerCell.text(what), left.map(AnswerCell.text) ?? .missing,
                        right.map(AnswerCell.text) ?? .missing,
                    ]
                }
                return format.write(rows, columns)
            }
            guard let found = PlantQuestion.all.first(where: { $0.name == question }) else {
                throw StationFailure(
                    .badInput,
                    "There is no question \"\(question)\"; there are \((PlantQuestion.all.map(\.name) + ["difference"]).joined(separator: ", "))."
                )
            }
            do {
                try await format.write(nil) { try await database.answer(found, about, each: $0) }
            } catch let fault as QueryFault {
                throw StationFailure(.badInput, "\(fault)")
            }
        }
    }

    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a unit's proof out of the plant: the bundle of `station audit prove`.",
            discussion: "Check it with: python3 docs/verify-proof.py proof.json [VERIFIER]")
        @OptionGroup var plant: PlantOptions
        @Argument(help: "Device ID, MAC or serial number.") var unit: String
        @Option(help: "The station, when several have seen the unit.") var station: String?

        func run() async throws {
            Terminal.write(try await plant.database().proof(ofUnit: unit, at: station).json + [0x0A])
        }
    }

    struct Revisions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Signed configuration on its way to the stations.",
            discussion: """
                publish FILE hands a signed bundle (`station config bundle`) in; fetch NAME FILE brings the newest of that name to \
                a station, after its SHA-256 and, with --trust, its signature were checked; `station config stage` takes it from \
                there. Without a word: the list.
                """)
        @OptionGroup var plant: PlantOptions
        @Argument(help: "publish, fetch, or nothing.") var verb: String?
        @Argument(help: "publish: the bundle. fetch: the name, and the file to write.") var words: [String] =
            []
        @Option(help: "publish: the name under which stations ask for it.") var name = "line"
        @Option(help: "fetch: a verifier text that must have signed; may be given more than once.") var trust:
            [String] = []

        func run() async throws {
            let database = try plant.database()
            switch (verb, words.count) {
            case (nil, _):
                var table = Table("name", "published", "bytes", "digest")
                for revision in try await database.revisions() {
                    table.add(
                        revision.name, String(UTCTime.text(revision.publishedAt).prefix(19)),
                        "\(revision.size)",
                        revision.digest.hex)
                }
                if table.isEmpty { Terminal.line("Nothing was published yet.") } else { table.print() }
            case ("publish", 1):
                guard let data = FileManager.default.contents(atPath: words[0]) else {
                    throw StationFailure(.badInput, "\(words[0]) can't be read.")
                }
                do {
                    let digest = try await database.publish(Array(data), name: name)
                    Terminal.line("\(name) is published with digest \(digest).")
                } catch let fault as RevisionFault {
                    throw StationFailure(.badInput, "\(fault)")
                }
            case ("fetch", 2):
                let keys = try trust.map { text -> VerifierKey in
                    do { return try VerifierKey(text: text) } catch {
                        throw StationFailure(.badInput, "\(error)")
                    }
                }
                guard !FileManager.default.fileExists(atPath: words[1]) else {
                    throw StationFailure(.refused, "There is a file at \(words[1]) already.")
                }
                do {
                    let (bytes, revision) = try await database.fetch(words[0], trusting: keys)
                    try Data(bytes).write(to: URL(fileURLWithPath: words[1]), options: .atomic)
                    Terminal.line(
                        "\(words[1]) is \(words[0]) of \(UTCTime.text(revision.publishedAt)), digest \(revision.digest)."
                    )
                    if keys.isEmpty {
                        Terminal.note(
                            "Its signature was not checked: give --trust VERIFIER, or let `station config stage` check it."
                        )
                    }
                } catch let fault as RevisionFault {
                    throw StationFailure(fault.isEvidence ? .evidence : .badInput, "\(fault)")
                }
            default:
                throw StationFailure(.badInput, "Say `publish FILE`, `fetch NAME FILE`, or nothing.")
            }
        }
    }
}
