import ArgumentParser
import Audit
import Foundation
import Ledger
import StationStore

extension AuditCommand {
    struct Named: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ask",
            abstract: "A question by its name.",
            discussion: NamedQuestion.all.map { question in
                ([question.name] + question.parameters.map { $0.uppercased() }).joined(separator: " ")
                    + ": " + question.about
            }.joined(separator: "\n"))

        @OptionGroup var options: FolderOptions
        @Argument(help: "The question's name.") var question: String
        @Argument(help: "What it is about.") var about: [String] = []
        @Option(help: "table, jsonl or csv.") var format = AnswerOutput.table

        func run() async throws {
            guard let question = NamedQuestion.all.first(where: { $0.name == question }) else {
                throw StationFailure(
                    .badInput,
                    "There is no question \"\(question)\"; there are \(NamedQuestion.all.map(\.name).joined(separator: ", "))."
                )
            }
            let reader = try options.reader()
            let answer: NamedQuestion.Answer
            do {
                answer = try await question.answer(reader, about)
            } catch let fault as QueryFault {
                throw StationFailure(.badInput, "\(fault)")
            }
            switch answer {
            case .statement(let statement): try await format.write(reader, statement)
            case .rows(let columns, let rows): format.write(rows, columns)
            }
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the log as static files (C2SP tlog-tiles) that anybody can follow and verify.",
            discussion: "Run it again to bring the folder up to date; any web server can hand the files out.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The folder to publish into.") var into: String

        func run() async throws {
            // What witnesses signed meanwhile is kept before the file is written anew.
            let witnesses = Witnesses(try options.paths())
            if let data = FileManager.default.contents(atPath: into + "/checkpoint"),
                let published = try? Checkpoint(parsing: String(decoding: data, as: UTF8.self)),
                try !witnesses.keys().isEmpty, try await witnesses.isOurs(published, try options.reader())
            {
                _ = try await witnesses.take(published.note.encoded, options)
            }
            do {
                let result = try await TilePublication(
                    reader: try options.reader(), folder: into,
                    witnesses: try witnesses.keys()
                )
                .bringUpToDate()
                Terminal.line(
                    "\(result.size.of("entry", "entries")) published in \(into), \(result.files.of("file")) written."
                )
            } catch let fault as PublicationFault {
                throw StationFailure(fault.exit, "\(fault)")
            }
        }
    }
}

extension PublicationFault {
    /// Which of the documented endings this is: a log that is not what it was is evidence.
    fileprivate var exit: StationExit {
        switch self {
        case .forked, .ahead: .evidence
        case .unwritable: .recordLost
        case .notSigned, .otherLog, .damaged, .entryTooLong: .badInput
        }
    }
}

extension Int64 {
    /// `1 entry`, `2 entries`.
    fileprivate func of(_ one: String, _ many: String) -> String { "\(self) \(self == 1 ? one : many)" }
}
