import ArgumentParser
import ImpEmulator

/// `--break`, shared by the commands that run emulated modules.
struct BrokenRows: ParsableArguments {
    @Option(
        name: .customLong("break"),
        help: ArgumentHelp(
            "Undo a behaviour of the emulated release, by its row: see `station emulate breaks`.",
            valueName: "row"))
    var text = ""

    /// - Throws: `StationFailure` for a row that does not exist or can't be broken.
    func rows() throws -> Set<RowID> {
        do {
            return try RowBreak.parse(text)
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }
}
