import ArgumentParser
import Blessing
import StationConfig
import StationStore

struct UnitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unit",
        abstract: "The life of a unit; decisions about units in quarantine.",
        subcommands: [Show.self, List.self, Resolve.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Everything that was done to a unit, found by device ID, MAC or serial number.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "Device ID, MAC (any form), or serial number.") var unit: String
        @Flag(help: "Print JSON.") var json = false
        @Flag(help: "Also print every measurement of every step.") var measurements = false

        func run() async throws {
            guard let report = try await options.reader().unit(unit) else {
                throw StationFailure(
                    .badInput, "No unit \(unit) is in the record. Device ID, MAC or serial number?")
            }
            if json { return try JSONOutput.print(report) }
            UnitPage(report: report, withMeasurements: measurements).print()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Runs, newest first.")
        @OptionGroup var options: FolderOptions
        @Option(help: "Only this work order.") var order: String?
        @Option(help: "Only runs that ended so: passed, failed, refused, aborted, quarantined, error.")
        var outcome: String?
        @Option(help: "At most so many.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            var wanted: RunOutcome?
            if let outcome {
                guard let value = RunOutcome(rawValue: outcome) else {
                    throw StationFailure(
                        .badInput,
                        "\"\(outcome)\" is no outcome; there are \(RunOutcome.allCases.map(\.rawValue).joined(separator: ", "))."
                    )
                }
                wanted = value
            }
            let runs = try await options.reader().runs(RunFilter(order: order, outcome: wanted, limit: limit))
            if json { return try JSONOutput.print(runs) }
            var table = Table("run", "started", "slot", "device", "sku", "outcome", "reason")
            for run in runs {
                table.add(
                    "\(run.run.rawValue)", UTCTime.text(run.startedAt), "\(run.slot)", run.device ?? "–",
                    run.sku,
                    run.outcome?.rawValue ?? "unfinished",
                    [run.code, run.reason].compactMap { $0 }.joined(separator: " "))
            }
            if table.isEmpty { Terminal.line("No runs.") } else { table.print() }
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a unit out of quarantine, after looking it up in impCentral.",
            discussion: """
                Say what impCentral shows: --blessed closes the open question with yes (the unit counts as blessed and is never \
                worked on again), --not-blessed lets it be worked on from the start. Your name and reason stay in the record.
                """)
        @OptionGroup var options: FolderOptions
        @Argument(help: "The device ID.") var device: String
        @Flag(help: "impCentral shows the device in the production group.") var blessed = false
        @Flag(help: "impCentral does not.") var notBlessed = false
        @Option(help: "Who decides.") var by: String
        @Option(help: "Why; what was seen.") var reason: String

        func validate() throws {
            if blessed == notBlessed { throw ValidationError("Say either --blessed or --not-blessed.") }
        }

        func run() async throws {
            let folder = try options.load(warn: false)
            let paths = options.paths(in: folder)
            if let service = LocalService.running(database: paths.database) {
                _ = try await service.ask(
                    "POST", "/api/v1/units/\(device)/resolve",
                    [
                        "finding": blessed ? "blessed" : "notBlessed",
                        "reason": "\(reason) (decided by \(by))",
                    ])
                return sayResolved()
            }
            let resolution = QuarantineResolution(
                device: device, finding: blessed ? .blessed : .notBlessed, by: by, reason: reason)
            try await paths.withRecord { store in
                try await resolution.record(in: store)
                _ = try await store.signCheckpoint()
            }
            sayResolved()
        }

        private func sayResolved() {
            Terminal.line(
                "\(device) is out of quarantine: \(blessed ? "blessed" : "not blessed, may be worked on again")."
            )
        }
    }
}
