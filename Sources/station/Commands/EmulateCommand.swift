import ArgumentParser
import ImpEmulator

struct EmulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate",
        abstract: "What the emulated line can do, and the line as USB devices.",
        subcommands: [
            Faults.self, Breaks.self, TraceCommand.self, BoothCommand.self, EmulateUSBIPCommand.self,
        ])

    /// `station emulate --usbip …` is `station emulate usbip …`.
    static func canonical(_ arguments: [String]) -> [String] {
        guard arguments.first == "emulate", arguments.dropFirst().first == "--usbip" else { return arguments }
        return ["emulate", "usbip"] + arguments.dropFirst(2)
    }

    struct Breaks: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The behaviours that --break undoes, by the rows of the release notes.")

        func run() {
            var table = Table("row", "what happens instead")
            for row in RowBreak.rows { table.add(row.rawValue, RowBreak.effect(of: row) ?? "") }
            table.print()
        }
    }

    struct Faults: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The faults that can be injected, for `station run --faults` and line.yaml.",
            discussion: """
                Faults are separated by commas; each is name[:parameter], then in any order @time (since first power-on), \
                %probability (per unit), #units (3, 3-5, 3/7), ^seatings (only in the first so many).
                """)

        func run() {
            var table = Table("fault", "parameter", "example", "effect")
            for row in FaultTable.rows { table.add(row.name, row.parameter ?? "–", row.example, row.effect) }
            table.print()
        }
    }
}
