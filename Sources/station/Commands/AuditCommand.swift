import ArgumentParser
import Foundation
import Ledger
import StationConfig
import StationStore

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read, verify, export and prove the ledger.",
        subcommands: [
            Ask.self, Named.self, Fields.self, List.self, Show.self, Verify.self, Export.self, Prove.self,
            Publish.self, WitnessCommand.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ledger entries, newest first.")
        @OptionGroup var options: FolderOptions
        @Option(help: "Only this unit: device ID, MAC or serial number.") var unit: String?
        @Option(help: "Only this run.") var run: Int64?
        @Option(help: "Only these kinds, as in run-started or act-intended.") var kind: [String] = []
        @Option(help: "At most so many.") var limit = 40
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            let known = Record.kinds
            if let wrong = kind.first(where: { !known.contains($0) }) {
                throw ValidationError(
                    "\"\(wrong)\" is no kind of entry; there are \(known.joined(separator: ", ")).")
            }
        }

        func run() async throws {
            let entries = try await options.reader().entries(
                EntryFilter(
                    kinds: kind, unit: unit, run: run.map(RunID.init(rawValue:)), newestFirst: true,
                    limit: limit))
            if json { return try JSONOutput.print(entries) }
            var table = Table("entry", "time", "kind", "content")
            let width = Terminal.isInteractive ? Terminal.width : 160
            for entry in entries {
                table.add(
                    String(entry.sequence), UTCTime.text(entry.at), entry.kind,
                    String(entry.entry.prefix(max(20, width - 60))))
            }
            if table.isEmpty { Terminal.line("No entries.") } else { table.print() }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One entry: its exact bytes, and their leaf hash.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The entry's sequence number.") var entry: Int64

        func run() async throws {
            let found = try await options.reader().entries(EntryFilter(sequences: entry..<entry + 1))
            guard let found = found.first else {
                throw StationFailure(.badInput, "There is no entry \(entry).")
            }
            Terminal.line(found.entry)
            Terminal.note("leaf hash \(TreeHash.leaf(Array(found.entry.utf8)))")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the whole record: hashes, tree, signatures, and every derived row.",
            discussion: "Exit code 0 when everything holds, 3 when something does not.")
        @OptionGroup var options: FolderOptions
        @Flag(
            help:
                "Only entries, tree and the last signature of each key, which covers all before it; not older signatures and the derived tables."
        ) var chain = false
        @Option(
            help: "A verifier text (from `station init`) that must have signed; may be given more than once.")
        var trust: [String] = []
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let keys = try trust.map { text -> VerifierKey in
                do { return try VerifierKey(text: text) } catch {
                    throw StationFailure(.badInput, "\(error)")
                }
            }
            let reader = try options.reader()
            let report = try await reader.verify(chain ? .chain : .everything, trusting: keys)
            let witnesses = try Witnesses(try options.paths()).keys()
            let (good, bad) = try await reader.cosignatures(by: witnesses)
            let isClean = report.isClean && bad == 0
            if json {
                JSONOutput.line(
                    .object([
                        "clean": .boolean(isClean), "entries": .integer(report.entries),
                        "checkpoints": .integer(Int64(report.checkpoints)),
                        "cosignatures": .integer(Int64(good.count)),
                        "false-cosignatures": .integer(Int64(bad)),
                        "rows": .integer(Int64(report.rows)),
                        "signed": .integer(report.signed),
                        "remarks": .list(report.remarks.map { .text($0) }),
                        "findings": .list(report.findings.map { .text("\($0)") }),
                    ]))
            } else {
                for remark in report.remarks { Terminal.line(Ink.quiet("· ") + remark) }
                for finding in report.findings { Terminal.line(Ink.bad("✗ ") + "\(finding)") }
                if bad > 0 {
                    Terminal.line(
                        Ink.bad("✗ ")
                            + "\(bad) cosignature\(bad == 1 ? " does" : "s do") not hold: a witness that counts here did not sign what lies here."
                    )
                }
                if let last = good.last {
                    Terminal.line(
                        Ink.quiet("· ")
                            + "\(good.count) cosignature\(good.count == 1 ? "" : "s"); entries 0 to \(last.size - 1) existed by \(UTCTime.text(last.timestamp * 1000)), says \(last.witness.name)"
                    )
                }
                let mark = isClean ? Ink.good("✓ ") : Ink.bad("✗ ")
                Terminal.line(
                    mark
                        + "\(report.entries) entries (\(report.signed) under a signed checkpoint), \(report.checkpoints) checkpoints, "
                        + "\(report.rows) derived rows"
                        + (isClean ? ": everything holds." : ": the record does not hold."))
                if keys.isEmpty {
                    Terminal.line(
                        Ink.quiet(
                            "  The signing key was taken from the record itself. To rule out a forged record, give --trust VERIFIER."
                        ))
                }
            }
            if !isClean { throw StationFailure(.evidence) }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write entries to standard output, one JSON document a line, byte for byte as they were hashed."
        )
        @OptionGroup var options: FolderOptions
        @Option(help: "First entry.") var from: Int64 = 0
        @Option(help: "Last entry.") var to: Int64?

        func run() async throws {
            let upper = to.map { $0 == .max ? $0 : $0 + 1 } ?? .max
            guard from >= 0, from <= upper else {
                throw StationFailure(.badInput, "--from \(from) must be 0 or more, and not above --to.")
            }
            try await options.reader().exportEntries(from..<upper) { _, bytes in
                Terminal.write(Array(bytes) + [0x0A])
                try Terminal.requireOutput()
            }
        }
    }

    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write a proof that verifies without this station: entries, tree path, signed checkpoint.",
            discussion: "Check it with: python3 docs/verify-proof.py proof.json [VERIFIER]")
        @OptionGroup var options: FolderOptions
        @Argument(help: "A unit (device ID, MAC, serial number), or the number of an entry with --entry.")
        var unit: String
        @Flag(help: "The argument is an entry's sequence number.") var entry = false

        func run() async throws {
            let reader = try options.reader()
            let bundle: ProofBundle
            if entry {
                guard let sequence = Int64(unit) else {
                    throw StationFailure(.badInput, "\"\(unit)\" is not an entry's number.")
                }
                bundle = try await reader.proof(ofEntries: [sequence])
            } else {
                bundle = try await reader.proof(ofUnit: unit)
            }
            Terminal.write(bundle.json + [0x0A])
        }
    }
}
