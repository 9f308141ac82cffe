import ArgumentParser
import Audit
import Foundation
import Ledger
import StationService
import StationStore
import TimeAndChance

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "Cosignatures of witnesses: others who sign that the log only grew, and when.",
        subcommands: [
            Add.self, List.self, Fetch.self, Ask.self, Keygen.self, Follow.self, Sign.self, Serve.self,
        ])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Believe a witness.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The witness's key: name+hash+base64.") var key: String

        func run() async throws {
            let key = try WitnessKey(text: key)
            try Witnesses(try options.paths()).add(key)
            Terminal.line("Cosignatures of \(key.name) count.")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which witnesses count, and by when which entries existed.")
        @OptionGroup var options: FolderOptions

        func run() async throws {
            let witnesses = try Witnesses(try options.paths()).keys()
            for key in witnesses { Terminal.line("witness  \(key.text)") }
            let (good, bad) = try await options.reader().cosignatures(by: witnesses)
            var table = Table("entries", "existed at", "by")
            for row in good {
                table.add("0–\(row.size - 1)", UTCTime.text(row.timestamp * 1000), row.witness.name)
            }
            if !table.isEmpty { table.print() }
            if bad > 0 {
                throw StationFailure(.evidence, "\(bad) cosignatures in the record do not hold.")
            }
        }
    }

    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take over the cosignatures that a published checkpoint carries.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The published folder, or a checkpoint file that a witness sent back.")
        var published: String

        func run() async throws {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: published, isDirectory: &isFolder)
            let file = isFolder.boolValue ? published + "/checkpoint" : published
            guard let data = FileManager.default.contents(atPath: file) else {
                throw StationFailure(.badInput, "\(file) can't be read.")
            }
            let count = try await Witnesses(try options.paths()).take(
                String(decoding: data, as: UTF8.self), options)
            Terminal.line("\(count) new cosignature\(count == 1 ? "" : "s").")
        }
    }

    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send the published checkpoint to a witness over HTTP, and keep its cosignature.",
            discussion: """
                After `station audit publish`, by a timer. What comes back is checked, put into the published checkpoint and kept \
                in the record. Exit code 3 when the witness does not sign, 69 when it can't be reached.
                """)
        @OptionGroup var options: FolderOptions
        @Argument(help: "The published folder.") var published: String
        @Argument(
            help: "Where the witness listens (C2SP tlog-witness), as in https://witness.example.com/w1.")
        var address: String
        @Option(help: "The witness's name; may be left out when only one counts here.") var name: String?

        func run() async throws {
            let witnesses = Witnesses(try options.paths())
            let known = try witnesses.keys()
            let fitting = known.filter { name == nil || $0.name == name }
            guard fitting.count == 1, let witness = fitting.first else {
                let names = known.map(\.name).joined(separator: ", ")
                throw StationFailure(
                    .badInput,
                    known.isEmpty
                        ? "No witness counts here yet: station audit witness add KEY."
                        : "Say which witness with --name; there are \(names).")
            }
            do {
                let remote = RemoteWitness(address)
                let log = PublishedLog(folder: published)
                guard try await witnesses.isOurs(try log.checkpoint(), try options.reader()) else {
                    throw StationFailure(.evidence, "What lies in \(published) is no log of this record.")
                }
                let done = try await log.beSigned(by: witness) { try await remote.addCheckpoint($0) }
                let checkpoint = try log.checkpoint()
                _ = try await witnesses.take(checkpoint.note.encoded, options)
                Terminal.line(
                    "\(witness.name) signed \(checkpoint.size) entries at \(UTCTime.text(done.timestamp * 1000))."
                )
            } catch let fault as WitnessFault {
                throw StationFailure(.evidence, "\(fault)")
            } catch ClientFault.address {
                throw StationFailure(
                    .badInput, "\"\(address)\" is no address; give one such as http://witness:8721.")
            } catch let fault as ClientFault {
                throw StationFailure(.unavailable, "\(fault)")
            }
        }
    }

    struct Keygen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Be a witness: make its key in a folder of its own, on another machine.")
        @Argument(help: "The witness's folder.") var folder: String
        @Option(help: "Its name, as in witness.example.com/w1.") var name: String

        func run() async throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let key = try StationKey.generate(name: name)
            try key.save(to: folder + "/witness.key")
            Terminal.line(key.witness.text)
        }
    }

    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Be a witness: sign for this log too.")
        @Argument(help: "The witness's folder.") var folder: String
        @Argument(help: "The log's verifier text.") var log: String

        func run() async throws {
            let key = try StationKey.load(from: folder + "/witness.key")
            try Witness(key: key, folder: folder).follow(try VerifierKey(text: log))
            Terminal.line("Follows \(log.prefix { $0 != "+" }).")
        }
    }

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Be a witness: check that a published log only grew, and sign its checkpoint.",
            discussion:
                "Reads nothing but the published files, and what it remembers. Exit code 3 when it refuses.")
        @Argument(help: "The witness's folder.") var folder: String
        @Argument(help: "The published folder.") var published: String

        func run() async throws {
            let key = try StationKey.load(from: folder + "/witness.key")
            do {
                let done = try await PublishedLog(folder: published).beSigned(
                    by: Witness(key: key, folder: folder),
                    now: SystemWallClock().utcMilliseconds() / 1000)
                Terminal.line("Signed at \(UTCTime.text(done.timestamp * 1000)).")
            } catch let fault as WitnessFault {
                throw StationFailure(.evidence, "\(fault)")
            }
        }
    }
}

extension WitnessCommand {
    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Be a witness for others over HTTP: POST /add-checkpoint, as C2SP tlog-witness has it.",
            discussion: """
                Signs for the logs that `follow` named. Requests and answers carry their own signatures, so plain HTTP does; put \
                a proxy in front for TLS. Runs until Ctrl-C.
                """)
        @Argument(help: "The witness's folder.") var folder: String
        @Option(help: ArgumentHelp("Where to listen; port 0 takes any free one.", valueName: "host:port"))
        var listen = "127.0.0.1:8721"

        func run() async throws {
            guard let address = ListenAddress(listen) else {
                throw StationFailure(
                    .badInput, "--listen takes an address such as 127.0.0.1:8721, found \(listen).")
            }
            let key = try StationKey.load(from: folder + "/witness.key")
            let server = WitnessServer(Witness(key: key, folder: folder))
            do {
                // Ends at Ctrl-C and SIGTERM by itself, after the requests in work.
                try await server.run(host: address.host, port: address.port) { port in
                    Terminal.line("\(key.name) listens at http://\(address.host):\(port)/add-checkpoint")
                }
            } catch let error as StationFailure {
                throw error
            } catch {
                throw StationFailure(.refused, "\(listen): \(error)")
            }
        }
    }
}

/// The witnesses whose word counts here: a text file beside the record, one key a line.
struct Witnesses {
    let paths: StationPaths

    init(_ paths: StationPaths) { self.paths = paths }

    private var file: String { (paths.database as NSString).deletingLastPathComponent + "/witnesses" }

    func keys() throws -> [WitnessKey] {
        guard let data = FileManager.default.contents(atPath: file) else { return [] }
        return try String(decoding: data, as: UTF8.self).split(separator: "\n").map { line in
            try WitnessKey(text: String(line))
        }
    }

    func add(_ key: WitnessKey) throws {
        var keys = try keys()
        guard !keys.contains(key) else { return }
        keys.append(key)
        let text = keys.map(\.text).joined(separator: "\n") + "\n"
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic) } catch {
            throw StationFailure(.recordLost, "\(file) can't be written: \(error.localizedDescription)")
        }
    }

    /// Whether the record signed just this text.
    func isOurs(_ checkpoint: Checkpoint, _ reader: StationReader) async throws -> Bool {
        try await reader.checkpoints().contains {
            $0.size == checkpoint.size && $0.note.text == checkpoint.note.text
        }
    }

    /// Keeps what a checkpoint of this record carries, and writes into the ledger when a witness's clock contradicts the
    /// station's.
    /// - Returns: how many cosignatures were new.
    func take(_ text: String, _ options: FolderOptions) async throws -> Int {
        let checkpoint: Checkpoint
        do { checkpoint = try Checkpoint(parsing: text) } catch {
            throw StationFailure(.badInput, "That is no checkpoint: \(error).")
        }
        let reader = try StationReader.open(at: paths.database)
        guard try await isOurs(checkpoint, reader) else {
            throw StationFailure(
                .evidence,
                "That checkpoint (\(checkpoint.size) entries of \(checkpoint.origin)) is none of this record's. See docs/audit.md, \"Forks\"."
            )
        }
        let keys = try keys()
        let cosignatures = checkpoint.cosignatures(by: keys)
        for key in keys
        where checkpoint.carriesLine(of: key) && !cosignatures.contains(where: { $0.witness == key }) {
            throw StationFailure(.evidence, "The line of witness \(key.name) is not its signature.")
        }
        let count = try StationStore.keep(cosignatures, of: checkpoint.size, at: paths.database)
        guard count > 0, let lastAt = try await reader.time(ofEntry: checkpoint.size - 1) else {
            return count
        }
        let now = SystemWallClock().utcMilliseconds()
        let doubts = cosignatures.compactMap { TrustedTime.doubt($0, lastEntryAt: lastAt, now: now) }
        for doubt in doubts {
            Terminal.note(
                "The clock is in doubt: witness \(doubt.source) signed at \(UTCTime.text(doubt.expected)), here it was \(UTCTime.text(doubt.found))."
            )
        }
        guard !doubts.isEmpty else { return count }
        do {
            try await paths.withRecord { store in
                for doubt in doubts { try await store.append(.clockDoubted(doubt)) }
            }
        } catch StoreError.lockedByOther {
            Terminal.note("The station runs: stop it and fetch again to have that in the record.")
        }
        return count
    }
}
