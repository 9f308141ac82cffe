import ArgumentParser
import Foundation
import Plant
import StationConfig
import StationStore

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Look at everything a station depends on: record, disk, clock, key, configuration, backup, plant.",
        discussion: """
            One line a finding: OK, WARN or FAIL, with what to do. Changes nothing, and may run while the station works. Exit code \
            0 when nothing failed (warnings are allowed), 3 when the record does not hold, 2 when anything else failed.
            """)
    @OptionGroup var options: FolderOptions
    @OptionGroup var plant: PlantOptions
    @Flag(help: "Also every derived row against the ledger (minutes for a large record).") var deep = false
    @Option(help: ArgumentHelp("A certificate whose last day matters.", valueName: "pem")) var certificate:
        [String] = []
    @Option(help: ArgumentHelp("A backup older than so many days is too old.", valueName: "days"))
    var backupDays = 7
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var chart = Chart()
        let folder = ConfigurationExam.folder(options, &chart)
        guard let database = try? (folder.map(options.paths(in:)) ?? options.paths()).database
        else {
            chart.add(.fail, "record", "where the database lies is not known", "mend the configuration first")
            return try chart.show(json)
        }
        let key = (database as NSString).deletingLastPathComponent + "/station.key"
        var exam = RecordExam(database: database, key: key)
        await exam.look(deep: deep, &chart)
        if let folder, let reader = exam.reader { await ConfigurationExam.drift(folder, reader, &chart) }
        MachineExam.disk(database, &chart)
        MachineExam.clock(lastEntry: exam.lastEntry, &chart)
        MachineExam.permissions(database, key, &chart)
        MachineExam.backup(database, entries: exam.entries, days: backupDays, &chart)
        for file in certificate { CertificateExam.look(file, &chart) }
        if let address = try? plant.address { await exam.plant(address, plant.silence, &chart) }
        try chart.show(json)
    }
}

/// What was found, line by line.
struct Chart {
    enum Verdict: String { case ok = "OK", warn = "WARN", fail = "FAIL" }

    struct Line {
        var verdict: Verdict
        var subject: String
        var finding: String
        /// Nothing for what is in order.
        var advice: String
        /// The record itself does not hold.
        var isEvidence: Bool
    }

    private(set) var lines: [Line] = []

    mutating func add(
        _ verdict: Verdict, _ subject: String, _ finding: String, _ advice: String = "",
        isEvidence: Bool = false
    ) {
        lines.append(
            Line(verdict: verdict, subject: subject, finding: finding, advice: advice, isEvidence: isEvidence)
        )
    }

    func show(_ json: Bool) throws {
        let failed = lines.filter { $0.verdict == .fail }
        if json {
            JSONOutput.line(
                .object([
                    "healthy": .boolean(failed.isEmpty),
                    "findings": .list(
                        lines.map { line in
                            .object([
                                "verdict": .text(line.verdict.rawValue), "subject": .text(line.subject),
                                "finding": .text(line.finding), "advice": .text(line.advice),
                            ])
                        }),
                ]))
        } else {
            for line in lines {
                let word = line.verdict.rawValue.padded(to: 4)
                let ink: Ink = line.verdict == .ok ? .good : line.verdict == .warn ? .doubtful : .bad
                Terminal.line("\(ink(word))  \(line.subject.padded(to: 13)) \(line.finding)")
                if !line.advice.isEmpty { Terminal.line("      → \(line.advice)") }
            }
        }
        if failed.contains(where: \.isEvidence) { throw StationFailure(.evidence) }
        if !failed.isEmpty { throw StationFailure(.refused) }
    }
}
