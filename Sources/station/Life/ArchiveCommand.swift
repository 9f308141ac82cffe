import ArgumentParser
import Foundation
import StationStore

struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Move old entries into a read-only file that still answers and still proves.",
        discussion: """
            The file is a record by itself: every command takes it as --database FILE. It is verified as it lies on the disk, and named \
            in the ledger by its SHA-256, before anything leaves the station's database; cut short anywhere, the same command \
            finishes the work. Units, runs, serial numbers and orders stay, so nothing is blessed or numbered twice.

            Where the file lies beside the database, every question is answered from both; elsewhere, name it with --archive FILE. A \
            later archive holds what the earlier one held: keep the newest. The station must be stopped.
            """)
    @OptionGroup var options: FolderOptions
    @Argument(help: "The new file.") var file: String
    @Option(help: ArgumentHelp("Entries from before this day, as in 2024-01-01 (UTC).", valueName: "day"))
    var before: String
    @Flag(help: "Leave the freed pages in the database; they are used up by what comes.") var keepPages =
        false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        guard let time = Self.milliseconds(before) else {
            throw StationFailure(.badInput, "\"\(before)\" is no day; write it as in 2024-01-01.")
        }
        let keepPages = keepPages
        let file = URL(fileURLWithPath: file).path
        let report = try await options.paths().withRecord { store in
            let report = try await store.archive(before: time, to: file)
            if !keepPages { try await store.rewrite() }
            return report
        }
        if json {
            return JSONOutput.line(
                .object([
                    "path": .text(report.path), "bytes": .integer(report.bytes),
                    "entries": .integer(report.size),
                    "left": .integer(report.left), "sha256": .text(report.digest.hex),
                ]))
        }
        Terminal.line(
            "\(report.path) holds the entries 0 to \(report.size - 1) (\(report.bytes) bytes), verified as it lies on the disk."
        )
        Terminal.line("  SHA-256  \(report.digest.hex), recorded in the ledger")
        Terminal.line("  left     entries 0 to \(report.left - 1), with their steps, measurements and acts")
    }

    /// Midnight, UTC ms; nil for what is no day.
    private static func milliseconds(_ day: String) -> Int64? {
        let parts = day.split(separator: "-", omittingEmptySubsequences: false)
        guard day.utf8.count == 10, parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]),
            let day = Int(parts[2]), let zone = TimeZone(identifier: "UTC")
        else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let components = DateComponents(year: year, month: month, day: day)
        guard let date = calendar.date(from: components),
            calendar.dateComponents([.year, .month, .day], from: date) == components
        else { return nil }
        return Int64(date.timeIntervalSince1970 * 1000)
    }
}
