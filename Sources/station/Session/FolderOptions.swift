import ArgumentParser
import Foundation
import Imp003
import StationConfig
import StationStore

/// Where the station's files are; shared by every command that needs them.
struct FolderOptions: ParsableArguments {
    @Option(
        name: [.customShort("C"), .long],
        help: ArgumentHelp(
            "The station folder (default: $BLESSING_STATION, else the current folder).", valueName: "dir"))
    var folder: String?

    @Option(
        help: ArgumentHelp(
            "Use this database instead of the one that station.yaml names; key and labels lie beside it.",
            valueName: "file"))
    var database: String?

    // In few stations' way, so it is named where it matters: in the archive command's help and in sentences about archives.
    @Option(
        help: ArgumentHelp(
            "The archive of the record's oldest entries, where it does not lie beside the database.",
            valueName: "file",
            visibility: .hidden))
    var archive: String?

    var path: String {
        folder ?? ProcessInfo.processInfo.environment["BLESSING_STATION"]
            ?? FileManager.default.currentDirectoryPath
    }

    /// The whole folder, checked.
    /// - Throws: `StationFailure` with every problem, when there is one that matters.
    func load(warn: Bool = true) throws -> StationFolder {
        let (folder, problems) = StationFolder.load(
            at: path, regulatory: try Regulatory.database(), emulator: .ours)
        guard let folder else {
            for problem in problems { Terminal.note("\(problem)") }
            let errors = problems.count { $0.severity == .error }
            throw StationFailure(
                .badInput, "\(errors) error\(errors == 1 ? "" : "s") in \(path); nothing was begun.")
        }
        if warn {
            for problem in problems { Terminal.note("\(problem)") }
        }
        return folder
    }

    /// Where things lie: beside the named database, else as station.yaml says.
    func paths(in folder: StationFolder) -> StationPaths {
        if let database { return StationPaths(beside: database) }
        return StationPaths(
            beside: folder.resolve(folder.station.database), labels: folder.resolve(folder.station.labels))
    }

    /// Where things lie, without reading the folder when the database is named.
    func paths() throws -> StationPaths {
        if let database { return StationPaths(beside: database) }
        return paths(in: try load(warn: false))
    }

    /// The record, for reading only; works while a station runs.
    func reader() throws -> StationReader {
        try StationReader.open(at: try paths().database, archive: archive)
    }
}

/// Where a station keeps what it makes.
struct StationPaths {
    let database: String
    /// The station's Ed25519 key, mode 0600.
    let key: String
    /// Users, sessions and tokens, mode 0600.
    let people: String
    /// Labels wait here for the printer.
    let labels: String
    /// The units of an emulated line.
    let shelf: String

    /// - Parameter labels: the label spool; nil puts it beside the database like everything else.
    init(beside database: String, labels: String? = nil) {
        self.database = URL(fileURLWithPath: database).path
        let home = (self.database as NSString).deletingLastPathComponent
        key = "\(home)/station.key"
        people = "\(home)/people.db"
        self.labels = labels ?? "\(home)/labels"
        shelf = "\(home)/shelf"
    }
}

/// The country rules: the installed package's, else the dated table that came with the program.
enum Regulatory {
    static func database() throws -> RegulatoryDatabase {
        do {
            return try RegulatoryDatabase.find().database
        } catch {
            throw StationFailure(.internalFault, "\(error)")
        }
    }
}
