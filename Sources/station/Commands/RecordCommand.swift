import ArgumentParser
import Foundation
import Ledger
import StationStore

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Heal a record that was restored from a backup.",
        subcommands: [Continue.self])

    struct Continue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "continue-after-restore",
            abstract: "Go on with a restored record, under another origin, and say so in it.",
            discussion: """
                What was published or witnessed after the backup is another history: it is named in the record, never overwritten. \
                Publish into a new folder afterwards. docs/audit.md, "Forks".
                """)
        @OptionGroup var options: FolderOptions
        @OptionGroup var administrator: AdministratorOptions
        @Option(
            help: "What others hold: the published folder, or a checkpoint file, such as station.db.head.")
        var published: String

        func run() async throws {
            let paths = try options.paths()
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: published, isDirectory: &isFolder)
            let file = isFolder.boolValue ? published + "/checkpoint" : published
            guard let data = FileManager.default.contents(atPath: file) else {
                throw StationFailure(.badInput, "\(file) can't be read.")
            }
            let known: Checkpoint
            do { known = try Checkpoint(parsing: String(decoding: data, as: UTF8.self)) } catch {
                throw StationFailure(.badInput, "\(file) is no checkpoint: \(error)")
            }
            var opening = StationStore.Options()
            opening.acceptsRestored = true
            let (new, first, identity) = try await paths.withRecord(opening) { store in
                let identity = try await store.reader.station()
                try await Self.requireFork(known, identity, store.reader)
                let who = try await administrator.identify(paths)
                let new = try StationKeys.prepare(paths, name: Self.nextOrigin(after: identity.origin))
                let first = try await store.continueAfterRestore(
                    as: new, known: known, by: who, reason: administrator.reason)
                return (new, first, identity)
            }
            let kept = try StationKeys.adopt(paths)
            Terminal.line("The record goes on as \(new.name) from entry \(first.size - 1) on.")
            Terminal.line(
                "  abandoned  entries \(identity.ledgerSize) to \(known.size - 1) of \(known.origin), as others hold them"
            )
            Terminal.line("  verifier   \(new.verifier.text)")
            Terminal.line("  old key    \(kept ?? "–")")
            Terminal.line("Publish into a new folder, and keep the old one.")
        }

        /// Refuses to break a log in two that is whole.
        private static func requireFork(
            _ known: Checkpoint, _ identity: StationIdentity, _ reader: StationReader
        ) async throws {
            guard known.origin == identity.origin else {
                throw StationFailure(
                    .badInput, "That is a checkpoint of \(known.origin); this record is \(identity.origin).")
            }
            let keys = try await reader.logKeys()
            do { try known.verify(by: keys) } catch {
                throw StationFailure(.evidence, "That checkpoint can't be believed: \(error).")
            }
            guard known.size <= identity.ledgerSize else { return }
            if try await reader.root(ofSize: known.size) == known.root {
                throw StationFailure(
                    .refused,
                    "This record holds everything that was published (\(known.size) entries, the same). There is nothing to heal."
                )
            }
        }

        /// `blessing-station/demo`, `blessing-station/demo/2`, `…/3`.
        static func nextOrigin(after origin: String) -> String {
            let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count > 2, let epoch = parts.last.flatMap({ Int($0) }), epoch >= 2 else {
                return origin + "/2"
            }
            return parts.dropLast().joined(separator: "/") + "/\(epoch + 1)"
        }
    }
}
