import ArgumentParser
import ContentAddress
import Foundation
import Ledger
import StationConfig
import StationStore

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Signed configuration: who answers for SKUs, plans, firmware and images.",
        discussion: """
            A revision is every file in firmware, images, labels, nvram, plans and skus. In production mode (`mode: production` in \
            station.yaml) a station runs only revisions that an engineer of `trusted-engineers` signed.
            """,
        subcommands: [
            Keygen.self, Sign.self, Verify.self, Show.self, Trust.self, Bundle.self, Stage.self,
            Activate.self, Rollback.self,
        ])

    struct Keygen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an engineer's key; keep it off the station.")
        @Argument(help: "The engineer's name, without blanks or '+'.") var name: String
        @Option(help: "Where the secret goes (mode 0600).") var out: String

        func run() async throws {
            let key = try StationKey.generate(name: name)
            try key.save(to: out)
            Terminal.line("  secret    \(out)  (mode 0600)")
            Terminal.line("  verifier  \(key.verifier.text)")
        }
    }

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the folder and sign its revision, beside those who did already.")
        @OptionGroup var options: FolderOptions
        @Option(help: "The engineer's secret key.") var key: String

        func run() async throws {
            let folder = try options.load()
            let revision = try ConfigRevision(folder: folder.root).digest
            let signature = try ConfigSignature(
                of: revision, by: try StationKey.load(from: key),
                beside: try? ConfigSignature.load(from: folder.root))
            let file = "\(folder.root)/\(ConfigSignature.file)"
            do { try Data(signature.text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic) } catch
            {
                throw StationFailure(.recordLost, "\(file) can't be written: \(error.localizedDescription)")
            }
            Terminal.line("Signed revision \(revision.hex)")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether a trusted engineer signed what the folder holds now.",
            discussion: "Exit code 0 when so, 3 when not.")
        @OptionGroup var options: FolderOptions

        func run() async throws {
            let folder = try options.load(warn: false)
            let signed: SignedRevision
            do { signed = try SignedRevision(folder: folder.root, trust: folder.station.trust) } catch {
                throw StationFailure(.evidence, "\(error)")
            }
            let names = signed.signers.map(\.name).joined(separator: ", ")
            Terminal.line(Ink.good("✓ ") + "\(signed.revision.digest.hex), signed by \(names)")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The revision that is used, those that lie ready, and what the record says about them.")
        @OptionGroup var options: FolderOptions

        func run() async throws {
            let folder = try options.load(warn: false)
            let (revision, shelf) = (
                try ConfigRevision(folder: folder.root), RevisionShelf(root: folder.root)
            )
            Terminal.line("mode      \(folder.station.trust.mode.rawValue)")
            Terminal.line("revision  \(revision.digest.hex)  (\(revision.files.count) files)")
            for key in folder.station.trust.engineers { Terminal.line("trusted   \(key.text)") }
            for digest in shelf.staged {
                let mark =
                    digest == shelf.current ? "  current" : digest == shelf.previous ? "  previous" : ""
                Terminal.line("ready     \(digest)\(mark)")
            }
            guard let reader = try? options.reader() else { return }
            for row in try await reader.configurations(limit: 20) {
                let who = [row.signedBy.map { "signed by \($0)" }, row.by.map { "by \($0)" }, row.reason]
                    .compactMap { $0 }.joined(separator: ", ")
                Terminal.line("\(UTCTime.text(row.at))  \(row.change) \(row.revision.prefix(12))  \(who)")
            }
        }
    }

    struct Trust: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Pin mode and trusted engineers of station.yaml in the record; an administrator does it.",
            discussion: """
                From then on the station refuses to run when station.yaml says otherwise. So a list of engineers is never changed by \
                one of them alone, nor by whoever can write the folder.
                """)
        @OptionGroup var options: FolderOptions
        @OptionGroup var administrator: AdministratorOptions

        func run() async throws {
            let folder = try options.load(warn: false)
            let trust = folder.station.trust
            let paths = options.paths(in: folder)
            let who = try await administrator.identify(paths)
            try await paths.withRecord { store in
                try await store.append(
                    .configurationChanged(
                        ConfigurationChanged(
                            change: .trusted, revision: trust.digest, by: who, place: "console",
                            reason: administrator.reason)))
                _ = try await store.signCheckpoint()
            }
            Terminal.line(
                "Pinned: \(trust.mode.rawValue), \(trust.engineers.count) engineers, \(trust.digest.hex.prefix(12))."
            )
        }
    }

    struct Bundle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Pack the signed revision into one file.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "Where it goes.") var out: String

        func run() async throws {
            let bundle = try ConfigBundle(folder: try options.load(warn: false).root)
            do { try Data(bundle.bytes).write(to: URL(fileURLWithPath: out), options: .atomic) } catch {
                throw StationFailure(.recordLost, "\(out) can't be written: \(error.localizedDescription)")
            }
            Terminal.line(
                "\(out): revision \(bundle.revision.digest.hex), \(bundle.revision.files.count) files")
        }
    }

    struct Stage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a bundle and lay it ready; nothing that is used changes.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The bundle.") var bundle: String

        func run() async throws {
            let folder = try options.load(warn: false)
            guard let data = FileManager.default.contents(atPath: bundle) else {
                throw StationFailure(.badInput, "\(bundle) can't be read.")
            }
            let read = try ConfigBundle(bytes: Array(data))
            let signers = try read.signature.signers(
                of: read.revision.digest, trusted: folder.station.trust.engineers)
            try RevisionShelf(root: folder.root).stage(read)
            try await options.note(.staged, read.revision.digest, signers.first, folder)
            Terminal.line("Revision \(read.revision.digest.hex) lies ready.")
        }
    }

    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use a revision that lies ready, in one step.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The revision, or its first digits.") var revision: String

        func run() async throws {
            let folder = try options.load(warn: false)
            let shelf = RevisionShelf(root: folder.root)
            let fitting = shelf.staged.filter { $0.hasPrefix(revision.lowercased()) }
            guard fitting.count == 1, let digest = fitting.first else {
                throw StationFailure(
                    .badInput, "\(fitting.count) revisions that lie ready begin with \(revision).")
            }
            let signer = try options.signer(of: digest, shelf, folder)
            try shelf.activate(digest) { try options.requireSound($0) }
            try await options.note(.activated, SHA256Digest(hex: digest), signer, folder)
            Terminal.line("Revision \(digest) is used from now on.")
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Use the revision before this one again.")
        @OptionGroup var options: FolderOptions

        func run() async throws {
            let folder = try options.load(warn: false)
            let shelf = RevisionShelf(root: folder.root)
            let signer = try shelf.previous.flatMap { try options.signer(of: $0, shelf, folder) }
            let digest = try shelf.rollBack { try options.requireSound($0) }
            try await options.note(.rolledBack, SHA256Digest(hex: digest), signer, folder)
            Terminal.line("Revision \(digest) is used again.")
        }
    }
}

extension FolderOptions {
    /// Writes down what became of a revision, where there is a record.
    fileprivate func note(
        _ change: ConfigurationChange, _ revision: SHA256Digest?, _ signer: VerifierKey?,
        _ folder: StationFolder
    ) async throws {
        let paths = paths(in: folder)
        guard let revision, FileManager.default.fileExists(atPath: paths.database) else { return }
        try await paths.withRecord { store in
            try await store.append(
                .configurationChanged(
                    ConfigurationChanged(
                        change: change, revision: revision, by: PeopleDesk.author.person.map(Person.named),
                        place: "console", signedBy: signer.map { .named($0.name) },
                        signer: signer.map { SHA256Digest(of: Array($0.text.utf8)) })))
            _ = try await store.signCheckpoint()
        }
    }

    /// In production mode only what a trusted engineer signed may be used.
    fileprivate func signer(of digest: String, _ shelf: RevisionShelf, _ folder: StationFolder) throws
        -> VerifierKey?
    {
        guard folder.station.trust.mode == .production else { return nil }
        return try SignedRevision(folder: "\(shelf.root)/revisions/\(digest)", trust: folder.station.trust)
            .signers.first
    }

    /// Refuses a folder with errors.
    fileprivate func requireSound(_ path: String) throws {
        let (folder, problems) = StationFolder.load(
            at: path, regulatory: try Regulatory.database(), emulator: .ours)
        guard folder == nil else { return }
        for problem in problems { Terminal.note("\(problem)") }
        throw StationFailure(.badInput, "The revision does not fit this station; nothing was changed.")
    }
}
