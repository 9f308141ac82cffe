import ArgumentParser
import Foundation
import Ledger
import StationStore

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The key that signs the record: change it, or replace a lost one.",
        subcommands: [Rotate.self, Replace.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key; the old one signs for it in the record.",
            discussion: "Whoever trusts the old key can follow to the new one: proofs carry what leads there."
        )
        @OptionGroup var options: FolderOptions
        @Option(help: "Why; stays in the record.") var reason: String?

        func run() async throws {
            let paths = try options.paths()
            let (new, handover) = try await paths.withRecord { store in
                let new = try StationKeys.prepare(paths, name: try await store.reader.station().origin)
                let handover = try await store.rotateKey(
                    to: new, by: PeopleDesk.author.person.map(Person.named), reason: reason)
                return (new, handover)
            }
            let kept = try StationKeys.adopt(paths)
            Terminal.line("A new key signs from entry \(handover.size) on.")
            Terminal.line("  verifier  \(new.verifier.text)")
            Terminal.line("  old key   \(kept ?? "–")  (signs nothing any more; destroy it)")
        }
    }

    struct Replace: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on with a new key because the old one is lost.",
            discussion: """
                An entry names the last checkpoint that the lost key signed, who decided, and why. Nobody's signature leads to the \
                new key: announce its verifier to everybody who checks this record. docs/audit.md, "Keys".
                """)
        @OptionGroup var options: FolderOptions
        @OptionGroup var administrator: AdministratorOptions
        @Flag(help: "The key is lost, and no backup has it.") var lost = false

        func validate() throws {
            if !lost {
                throw ValidationError(
                    "With the old key at hand, use `station key rotate`; otherwise say --lost.")
            }
        }

        func run() async throws {
            let paths = try options.paths()
            if let present = try? StationKey.load(from: paths.key),
                present.verifier.text
                    == (try await StationReader.open(at: paths.database).station().verifierKey)
            {
                throw StationFailure(
                    .refused, "The key is at \(paths.key) and fits. Use `station key rotate`.")
            }
            let who = try await administrator.identify(paths)
            let reader = try StationReader.open(at: paths.database)
            let new = try StationKeys.prepare(paths, name: try await reader.station().origin)
            let first = try await StationStore.replaceLostKey(
                at: paths.database, with: new, by: who, reason: administrator.reason)
            try StationKeys.adopt(paths)
            Terminal.line("A new key signs from entry \(first.size - 1) on; nobody's signature leads to it.")
            Terminal.line("  verifier  \(new.verifier.text)")
            Terminal.line("Tell it to everybody who checks this record.")
        }
    }
}
