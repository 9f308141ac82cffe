import Fixturing
import Imp003
import SerialNOR

/// One module on a bench, for one case: power, probes, a logic analyser, and what the program says.
///
/// A program reports by lines of the form `name=value` to `server.log`.
final class ConformanceBench {
    let bench: SlotBench
    let setup: ConformanceSetup
    let cloud: EmulatedCloud
    var release: Release30 { setup.line.release }

    init(_ setup: ConformanceSetup) throws {
        self.setup = setup
        guard let made = setup.line.recipes.first else { throw ConformanceTrouble.noUnit }
        var recipe = made
        recipe.chipPart = setup.chipPart
        recipe.faults = setup.faults
        var state = UnitState(recipe: recipe)
        if let write = state.pages.write(of: setup.config) { state.pages.finish(write) }
        cloud = EmulatedCloud(behaviour: setup.line.cloud, seed: setup.line.seed)
        bench = SlotBench(setup: setup.line, cloud: cloud, roster: UnitRoster([state], shelf: nil))
        bench.seat(state, slot: "conformance")
    }

    var simulation: Simulation { bench.simulation }
    var now: VirtualInstant { simulation.now }

    var module: EmulatedModule {
        get throws {
            guard let module = bench.module else { throw ConformanceTrouble.noUnit }
            return module
        }
    }

    // MARK: Running

    /// Power on, and on to the first turn of the program.
    func start() throws {
        try bench.setPower(true)
        let module = try module
        guard run(atMost: .seconds(200), until: { module.machine?.interface != nil }) else {
            throw ConformanceTrouble.notStarted("\(module.phase)")
        }
    }

    func run(_ duration: Duration) {
        simulation.run(until: now + duration)
    }

    /// - Returns: whether `condition` came to hold in time.
    @discardableResult
    func run(atMost limit: Duration, until condition: () -> Bool) -> Bool {
        simulation.run(until: now + limit, stopping: condition)
    }

    /// Runs until the program has reported `name`.
    @discardableResult
    func await(_ name: String, atMost limit: Duration = .seconds(30)) -> Bool {
        run(atMost: limit) { values[name] != nil }
    }

    // MARK: What the program says

    /// Lines that the module logged, and those that the operating system added.
    var log: [String] { bench.module?.log ?? [] }

    private var parsedLines = 0
    private var reported: [String: String] = [:]

    /// The latest `name=value` of each name.
    var values: [String: String] {
        let log = log
        // The log drops its oldest lines only far beyond what a case writes.
        while parsedLines < log.count {
            let line = log[parsedLines]
            parsedLines += 1
            guard let mark = line.firstIndex(of: "="), !line[..<mark].contains(" ") else { continue }
            reported[String(line[..<mark])] = String(line[line.index(after: mark)...])
        }
        return reported
    }

    func number(_ name: String) -> Double? { values[name].flatMap(Double.init) }

    func reading(_ name: String, unit: String = "") -> ConformanceReading? {
        .number(name, number(name), unit: unit)
    }

    // MARK: Looking

    /// Begins a recording of some pins' nets.
    func record(_ pins: PinName...) throws {
        try module.board.nets.beginRecording(pins)
    }

    /// What was recorded so far at a pin.
    func channel(_ pin: PinName) throws -> LogicTrace.Channel {
        guard let channel = try module.board.nets.trace()?[pin] else {
            throw ConformanceTrouble.notRecorded(pin)
        }
        return channel
    }

    /// The fixture's probe at a pin.
    func probe(_ pin: PinName, _ level: Bool?, pull: Pull? = nil) throws {
        try module.board.nets.probe(at: pin).set(
            level.map { .steady(Drive($0)) } ?? .floating, pull: pull, at: now)
    }

    /// Level at a pin, as an analyser shows it.
    func level(_ pin: PinName) throws -> String { try module.board.nets.state(of: pin).level.rawValue }

    /// Sends bytes to the console port of the module as a fixture's adapter would.
    func send(
        _ bytes: [UInt8], _ format: SerialLine.Format, damage: [Int: SerialLine.Damage] = [:]
    ) throws {
        try module.consoleIn.send(bytes, at: now, format: format, damage: damage)
    }
}

/// Why a case could not be measured.
enum ConformanceTrouble: Error, CustomStringConvertible {
    case noUnit
    case notStarted(String)
    case notRecorded(PinName)

    var description: String {
        switch self {
        case .noUnit: "no unit was seated"
        case .notStarted(let phase): "the program did not start; the module is \(phase)"
        case .notRecorded(let pin): "\(pin) was not recorded"
        }
    }
}
