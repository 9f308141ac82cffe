import ArgumentParser
import Foundation
import Ledger
import Plant
import StationStore
import TimeAndChance

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the whole record into a new file, while the station works, and verify the copy.",
        discussion: """
            The copy is one file and one consistent state; it appears under its name only after every hash, signature and derived \
            row in it was checked. An existing file is never overwritten. The station's key is not in it: keep a copy of the key \
            file apart. Where FILE is a folder, the copy is named after station and time.
            """)
    @OptionGroup var options: FolderOptions
    @Argument(help: "The new file, or a folder.") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let reader = try options.reader()
        let station = try await reader.station()
        var target = file
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
            let time = UTCTime.text(SystemWallClock().utcMilliseconds()).prefix(19).filter {
                $0 != ":" && $0 != "-"
            }
            target = file + (file.hasSuffix("/") ? "" : "/") + "\(station.name)-\(time)Z.db"
        }
        let report = try await reader.backUp(to: target)
        if let paths = try? options.paths() { BackupNote.write(report, besideDatabase: paths.database) }
        if json {
            return JSONOutput.line(
                .object([
                    "path": .text(report.path), "bytes": .integer(report.bytes),
                    "entries": .integer(report.entries),
                    "signed": .integer(report.head?.size ?? 0),
                    "root": report.head.map { .text($0.root.hex) } ?? .text(""),
                ]))
        }
        Terminal.line(
            "\(report.entries) entries of \(station.name) are in \(report.path) (\(report.bytes) bytes), verified in the copy."
        )
    }
}

/// When the last backup was made, in a small file beside the database: what `station doctor` looks at.
enum BackupNote {
    static func path(_ database: String) -> String { database + ".backup" }

    static func write(_ report: BackupReport, besideDatabase database: String) {
        let text = "\(SystemWallClock().utcMilliseconds()) \(report.entries) \(report.path)\n"
        try? Data(text.utf8).write(to: URL(fileURLWithPath: path(database)), options: .atomic)
    }

    /// - Returns: time (UTC ms), entries and file of the last backup; nil when none was made.
    static func read(besideDatabase database: String) -> (at: Int64, entries: Int64, file: String)? {
        guard let text = try? String(contentsOfFile: path(database), encoding: .utf8) else { return nil }
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let at = Int64(parts[0]), let entries = Int64(parts[1]) else { return nil }
        return (at, entries, parts[2].filter { $0 != "\n" })
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the record's place, and refuse to fork the log.",
        discussion: """
            A backup ends earlier than the record that was lost. When anybody knows of a later signed checkpoint (the file beside \
            the database, the plant, a publication folder), a station that went on would fork its log: two different entries \
            under one number, both signed. restore looks at all three, names what it finds, and refuses. What heals it:

              --from-plant      fetch the missing entries from the plant, byte for byte: the ledger that was lost, no other
              --to FILE         only put the backup there, for reading
              station record continue-after-restore
                              go on under another origin, with an entry that names what was lost
              a new record      station init under a new name; docs/plant.md, "Forks"

            A database that is in the way is moved aside, never overwritten.
            """)
    @OptionGroup var options: FolderOptions
    @OptionGroup var plant: PlantOptions
    @Argument(help: "The backup.") var backup: String
    @Flag(help: "Complete it from the plant.") var fromPlant = false
    @Option(help: ArgumentHelp("A folder of `station audit publish`.", valueName: "dir")) var publication:
        [String] = []
    @Option(help: ArgumentHelp("Restore to this file instead, for reading.", valueName: "file")) var to:
        String?

    func run() async throws {
        let source = try StationReader.open(at: backup)
        let report = try await source.verify()
        guard report.isClean else {
            for finding in report.findings { Terminal.line(Ink.bad("✗ ") + "\(finding)") }
            throw StationFailure(.evidence, "\(backup) does not hold; nothing was restored.")
        }
        let station = try await source.station()
        if let to {
            let copy = try await source.backUp(to: to)
            return Terminal.line("\(copy.entries) entries of \(station.name) are in \(to), for reading.")
        }
        let folder = try options.load(warn: false)
        let paths = options.paths(in: folder)
        let key = try await StationKeys.load(for: paths)
        guard key.verifier.text == station.verifierKey else {
            throw StoreError.wrongKey(expected: station.verifierKey, found: key.verifier.text)
        }
        let signed = try await source.checkpoint()?.size ?? 0
        let known = try await laterHeads(source, station, key, paths.database, signed)
        for head in known { Terminal.line(Ink.doubtful("! ") + head.sentence) }
        let furthest = known.map(\.size).max() ?? 0
        guard furthest <= signed || fromPlant else {
            throw StationFailure(
                .evidence,
                "\(backup) ends after \(signed) signed entries and \(furthest) are known: restoring it would fork the log. "
                    + "Use --from-plant where the plant has them, --to FILE for reading, or begin a new record under a new name."
            )
        }
        try await place(source, paths, key, furthest, station.name)
    }

    private struct KnownHead {
        var size: Int64
        var sentence: String
    }

    /// Everybody who knows more than the backup.
    private func laterHeads(
        _ source: StationReader, _ station: StationIdentity, _ key: StationKey, _ database: String,
        _ signed: Int64
    ) async throws -> [KnownHead] {
        var heads: [KnownHead] = []
        func look(_ head: Checkpoint, _ place: String) async throws {
            guard head.origin == station.origin, (try? head.verify(by: [key.verifier])) != nil else { return }
            if head.size > signed {
                heads.append(
                    KnownHead(
                        size: head.size,
                        sentence:
                            "\(place) knows a later checkpoint: \(head.size) entries, root \(head.root.hex.prefix(16))"
                    ))
            } else if try await source.root(ofSize: head.size) != head.root {
                heads.append(
                    KnownHead(
                        size: .max,
                        sentence:
                            "\(place) knows other first \(head.size) entries (root \(head.root.hex.prefix(16))): the log has forked already"
                    ))
            }
        }
        if let head = HeadFile.read(besideDatabase: database) {
            try await look(head, HeadFile.path(ofDatabase: database))
        }
        if let old = try? StationReader.open(at: database), let head = try? await old.checkpoint() {
            try await look(head, "the database that is there now")
        }
        for folder in publication {
            guard let data = FileManager.default.contents(atPath: folder + "/checkpoint"),
                let head = try? Checkpoint(parsing: String(decoding: data, as: UTF8.self))
            else { throw StationFailure(.badInput, "\(folder) holds no published checkpoint.") }
            try await look(head, "the publication in \(folder)")
        }
        if let address = try? plant.address {
            do {
                if let head = try await PlantDatabase(address, patience: plant.silence).head(
                    of: station.name), head.size > 0
                {
                    try await look(try Checkpoint(parsing: head.note), "the plant \(address)")
                }
            } catch let error as PlantError where !fromPlant {
                Terminal.note(
                    "The plant could not be asked (\(error)); what it knows is not taken into account.")
            }
        } else {
            Terminal.note(
                "No plant was named (--plant, --service, BLESSING_PLANT); it could not be asked what it knows."
            )
        }
        return heads
    }

    private func place(
        _ source: StationReader, _ paths: StationPaths, _ key: StationKey, _ furthest: Int64,
        _ station: String
    ) async throws {
        let (work, ready) = (paths.database + ".restoring", paths.database + ".restored")
        Self.remove([work, ready])
        defer { Self.remove([work, ready]) }
        var completed: Int64 = 0
        if fromPlant {
            _ = try await source.backUp(to: work)
            completed = try await complete(work, key, station)
            // A copy again: one file, with everything in it and no log beside it.
            _ = try await StationReader.open(at: work).backUp(to: ready)
        } else {
            _ = try await source.backUp(to: ready)
        }
        let signed = try await StationReader.open(at: ready).checkpoint()?.size ?? 0
        guard signed >= furthest else {
            throw StationFailure(
                .evidence,
                "Completed from the plant the record has \(signed) signed entries, and \(furthest) are known: some were never sent. "
                    + "It can't go on under this name; use --to FILE, and begin a new record under a new name."
            )
        }
        try await moveAside(paths.database, key)
        try FinishedFile.settle(ready, as: paths.database)
        let placed = try await StationReader.open(at: paths.database).checkpoint()?.size ?? 0
        guard placed == signed else {
            throw StationFailure(
                .recordLost, "\(paths.database) has \(placed) signed entries, \(signed) were restored.")
        }
        Terminal.line(
            "\(paths.database) is restored with \(signed) signed entries"
                + (fromPlant ? ", \(completed) entries of it from the plant" : "")
                + "; `station doctor` looks at the rest.")
    }

    private static func remove(_ files: [String]) {
        for file in files {
            for suffix in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(file + suffix) }
        }
    }

    /// A database that is in the way keeps all that belongs to it under another name.
    private func moveAside(_ database: String, _ key: StationKey) async throws {
        let files = FileManager.default
        if files.fileExists(atPath: database) {
            // A station that runs must not lose it from under its feet.
            do {
                let store = try await StationStore.open(at: database, key: key)
                try await store.close()
            } catch StoreError.lockedByOther(let path, let pid) {
                throw StoreError.lockedByOther(path: path, pid: pid)
            } catch {}
        }
        let time = UTCTime.text(SystemWallClock().utcMilliseconds()).prefix(19).filter {
            $0 != ":" && $0 != "-"
        }
        let aside = "\(database).replaced-\(time)"
        for suffix in ["", "-wal", "-shm"] where files.fileExists(atPath: database + suffix) {
            try files.moveItem(atPath: database + suffix, toPath: aside + suffix)
            if suffix.isEmpty { Terminal.line("The database that was there is now \(aside).") }
        }
    }

    /// Fetches what is missing from the plant.
    private func complete(_ draft: String, _ key: StationKey, _ station: String) async throws -> Int64 {
        let database = try plant.database()
        let persons = try await database.persons(of: station)
        let begun = try StationCompletion.size(path: draft, key: key)
        var next = begun
        while let stretch = try await database.stretch(of: station, from: next) {
            try StationCompletion.append(stretch, to: draft, key: key)
            next = stretch.checkpoint.size
        }
        try StationCompletion.add(persons, to: draft, key: key)
        let report = try await StationReader.open(at: draft).verify()
        guard report.isClean else {
            throw StationFailure(
                .evidence,
                "What the plant has does not complete the backup: \(report.findings.first.map { "\($0)" } ?? "")"
            )
        }
        return next - begun
    }
}
