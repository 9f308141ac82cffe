import ArgumentParser
import Foundation
import Ledger
import StationConfig
import StationStore

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the station's database and its signing key.",
        discussion: """
            The key (Ed25519, mode 0600) signs the ledger's checkpoints. Whoever wants to check this station's record later \
            needs the verifier text that is printed here: keep it where the station can't change it.
            """)

    @OptionGroup var options: FolderOptions

    @Flag(help: "Do nothing when the database is there already.")
    var ifMissing = false

    func run() async throws {
        let folder = try options.load()
        let paths = options.paths(in: folder)
        if ifMissing, FileManager.default.fileExists(atPath: paths.database) { return }
        let home = (paths.database as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        } catch {
            throw StationFailure(.recordLost, "\(home) can't be made: \(error.localizedDescription)")
        }
        let name = folder.station.name
        let key = try StationKeys.makeOrLoad(at: paths.key, station: name)
        let store = try await StationStore.create(
            at: paths.database, station: name, key: key, program: Program.name)
        try await store.close()
        Terminal.line("Station \(name) is ready.")
        Terminal.line("  database  \(paths.database)")
        Terminal.line("  key       \(paths.key)  (mode 0600; back it up apart from the database)")
        Terminal.line("  verifier  \(key.verifier.text)")
    }
}
