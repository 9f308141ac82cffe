import ArgumentParser

/// The command line of the blessing station.
@main
struct Station: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "station",
        abstract: "Blesses products built on the imp003 module, and keeps the record that proves it.",
        discussion: """
            A station folder holds station.yaml, SKUs, test plans and work orders. Commands look for it in the current \
            folder, in $BLESSING_STATION, or where --folder says.

            First steps:
              station init  --folder stations/demo     make the database and the station's key
              station check --folder stations/demo     check every file, name every problem
              station run WO-2026-0117 --dry-run --folder stations/demo
              station run WO-2026-0117 --folder stations/demo
              station unit show 30000c2a69000001 --folder stations/demo

            Exit codes: 0 success · 1 a unit failed and the order is not full · 2 refused, nothing was changed · 3 evidence does not hold · \
            64 bad input · 69 the plant does not answer · 70 internal fault · 74 the record can't be kept · 130 interrupted.
            """,
        version: Program.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Line",
                subcommands: [
                    InitCommand.self, CheckCommand.self, RunCommand.self, ServeCommand.self, UnitCommand.self,
                    OrderCommand.self,
                    USBCommand.self,
                ]),
            CommandGroup(
                name: "Configuration",
                subcommands: [
                    ConfigCommand.self, SKUCommand.self, RegionCommand.self, NVRAMCommand.self,
                    FlashCommand.self,
                    EmulateCommand.self, ConformanceCommand.self, SquirrelCommand.self,
                ]),
            CommandGroup(name: "People", subcommands: [PeopleCommand.self]),
            CommandGroup(
                name: "Record",
                subcommands: [
                    AuditCommand.self, KeyCommand.self, RecordCommand.self, PlantCommand.self,
                    BackupCommand.self, ArchiveCommand.self,
                    RestoreCommand.self, DoctorCommand.self,
                ]),
        ])

    static func main() async {
        do {
            var command = try parseAsRoot(
                EmulateCommand.canonical(Array(CommandLine.arguments.dropFirst())))
            if var asynchronous = command as? AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            try Terminal.requireOutput()
        } catch {
            end(with: error)
        }
    }

    /// Says what went wrong on standard error and leaves with the exit code that stands for it.
    private static func end(with error: any Error) -> Never {
        if let failure = StationFailure(error) {
            if !failure.message.isEmpty { Terminal.complain(failure.message) }
            exit(failure.exit)
        }
        exit(withError: error)
    }

    private static func exit(_ code: StationExit) -> Never {
        exit(withError: ExitCode(code.rawValue))
    }
}

/// What this program calls itself in the record.
enum Program {
    static let version = "0.1.0"
    static let name = "station \(version)"
}
