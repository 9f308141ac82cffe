import ArgumentParser
import ImpEmulator

/// `station emulate trace`.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Run a Squirrel program on an emulated module and show what its pins do.",
        discussion: """
            The module is that of the demo line's sensor node: C is wired to H, E to K, L to X, D to M. The trace begins with \
            the program's first instruction. A VCD file opens in GTKWave, PulseView and sigrok-cli.
            """)
    @OptionGroup var broken: BrokenRows
    @Option(
        name: [.customShort("L"), .long],
        help: ArgumentHelp("A folder of libraries; may be given more than once.", valueName: "dir"))
    var library: [String] = []
    @Option(
        help: ArgumentHelp("The module's board, a JSON file, instead of the sensor node.", valueName: "file"))
    var board: String?
    @Option(help: ArgumentHelp("Write the trace as a value change dump.", valueName: "file")) var vcd: String?
    @Option(help: ArgumentHelp("How long, in the module's time.", valueName: "n")) var seconds = 1.0
    @Option(
        help: ArgumentHelp("Only these pins, as in C,K,Q (default: those that change).", valueName: "letters")
    )
    var pins: String?
    @Option(help: ArgumentHelp("Edges to list for each net.", valueName: "n")) var edges = 8
    @Flag(help: "Show what the program logged, too.") var log = false
    @Argument(help: "The program.") var file: String

    func run() throws {
        guard seconds > 0, seconds <= 3600 else {
            throw StationFailure(.badInput, "--seconds \(seconds): more than 0 and at most 3600 are allowed.")
        }
        let wanted = try pins.map(Self.names)
        let undone = try broken.rows()
        let program = try SquirrelSources.program(file, libraries: library)
        let recorded: ProgramTrace
        do {
            recorded = try ProgramTrace.record(
                program, board: try board.map(BoardSource.read) ?? .sensorNode, pins: wanted,
                duration: .microseconds(Int64(seconds * 1e6)),
                broken: undone)
        } catch let failure as StationFailure {
            throw failure
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
        if let vcd {
            let text = VCDDocument(recorded.trace, supplyVolts: recorded.supplyVolts).text
            try Files.write(Array(text.utf8), to: vcd)
        }
        if log { for line in recorded.log { Terminal.line(line) } }
        show(recorded.trace, all: wanted != nil)
    }

    private static func names(_ text: String) throws -> [PinName] {
        try text.split(separator: ",").map { letter in
            guard let pin = PinName(rawValue: letter.uppercased()) else {
                throw StationFailure(
                    .badInput,
                    "--pins: there is no pin '\(letter)'. Pins are the letters A to Y without I and O.")
            }
            return pin
        }
    }

    private func show(_ trace: LogicTrace, all: Bool) {
        let channels = trace.channels.filter { all || $0.changes.count > 1 }
        guard !channels.isEmpty else { return Terminal.line("No net changed.") }
        var table = Table("net", "edges", "first ms", "last ms", "shortest", "high", "end", "notes")
        for channel in channels {
            let summary = channel.summary(from: trace.start, to: trace.end)
            let high = (summary.shares[.high] ?? 0) + (summary.shares[.pulledHigh] ?? 0)
            table.add(
                channel.name, "\(summary.edges)", Self.milliseconds(summary.first, since: trace.start),
                Self.milliseconds(summary.last, since: trace.start),
                summary.shortestPulse.map(Self.short) ?? "–",
                "\(Int((high * 100).rounded())) %", summary.level.rawValue, Self.notes(channel, summary))
        }
        for line in table.lines(width: 80) { Terminal.line(line) }
        for channel in channels where edges > 0 { list(channel, trace) }
    }

    private static func notes(_ channel: LogicTrace.Channel, _ summary: LogicTrace.Channel.Summary) -> String
    {
        var notes: [String] = []
        if let share = summary.shares[.conflict], share > 0 { notes.append("conflict") }
        if let share = summary.shares[.floating], share >= 0.01 {
            notes.append("z \(Int((share * 100).rounded())) %")
        }
        if channel.isAnalog { notes.append("analogue") }
        if channel.isTruncated { notes.append("cut") }
        return notes.joined(separator: ", ")
    }

    /// `F  0.021 1  0.125 0 …`: changes in milliseconds with the level from then on, in 80 columns.
    private func list(_ channel: LogicTrace.Channel, _ trace: LogicTrace) {
        var parts = channel.changes.dropFirst().prefix(edges).map {
            Self.milliseconds($0.time, since: trace.start) + " " + $0.level.rawValue
        }
        if channel.changes.count - 1 > edges { parts.append("… \(channel.changes.count - 1 - edges) more") }
        var line = channel.name
        for part in parts {
            if line.columns + 2 + part.columns > 80 {
                Terminal.line(line)
                line = String(repeating: " ", count: channel.name.columns)
            }
            line += "  " + part
        }
        Terminal.line(line)
    }

    private static func milliseconds(_ time: VirtualInstant?, since start: VirtualInstant) -> String {
        guard let time else { return "–" }
        let microseconds = (time.nanoseconds - start.nanoseconds) / 1000
        let digits = String(microseconds % 1000)
        return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private static func short(_ duration: Duration) -> String {
        let nanoseconds = Int64(duration / .nanoseconds(1))
        if nanoseconds < 10_000 { return "\(nanoseconds) ns" }
        if nanoseconds < 10_000_000 { return "\(nanoseconds / 1000) us" }
        return "\(nanoseconds / 1_000_000) ms"
    }
}
