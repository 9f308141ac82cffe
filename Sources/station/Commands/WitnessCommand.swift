import ArgumentParser
import Audit
import Foundation
import Ledger
import StationStore
import TimeAndChance

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "Cosignatures of witnesses: others who sign that the log only grew, and when.",
        subcommands: [Add.self, List.self, Fetch.self, Keygen.self, Follow.self, Sign.self])

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
                let done = try PublishedLog(folder: published).beSigned(
                    by: Witness(key: key, folder: folder),
                    now: SystemWallClock().utcMilliseconds() / 1000)
                Terminal.line("Signed at \(UTCTime.text(done.timestamp * 1000)).")
            } catch let fault as WitnessFault {
                throw StationFailure(.evidence, "\(fault)")
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
