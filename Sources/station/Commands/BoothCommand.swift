import ArgumentParser
import Foundation
import ImpEmulator
import Squirrel
import StationService
import Synchronization

/// `station emulate booth`: a fixture imp and a unit, both running Squirrel, up to the blessed unit.
struct BoothCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "booth",
        abstract: "Run fixture and unit firmware together, from the fixture's button to the blessed unit.",
        discussion: """
            Fixture and unit are emulated in one simulation, with an agent each, an access point and the cloud. The fixture's \
            button is pressed when the unit waits for BlinkUp; what both log is printed with its virtual time.
            The exit code is 0 when the unit was blessed and 1 when it was not.
            """)

    @Option(help: ArgumentHelp("The fixture's program.", valueName: "file")) var fixture: String
    @Option(help: ArgumentHelp("The fixture's agent.", valueName: "file")) var fixtureAgent: String?
    @Option(help: ArgumentHelp("The unit's factory program.", valueName: "file")) var dut: String
    @Option(help: ArgumentHelp("Its agent.", valueName: "file")) var dutAgent: String?
    @Option(help: ArgumentHelp("What a blessed unit runs; nothing unless given.", valueName: "file"))
    var application: String?
    @OptionGroup var sources: SquirrelSources
    @Option(help: ArgumentHelp("The unit's board, a JSON file (docs/writing-tests.md).", valueName: "file"))
    var board: String?
    @Option(
        help: ArgumentHelp(
            "Drive a line of the unit's board so many seconds after the press, as in toss@40; may be given more than once.",
            valueName: "line@s"))
    var drive: [String] = []
    @Option(help: ArgumentHelp("What is pressed: button or footswitch.", valueName: "line"))
    var press = "button"
    @Option(help: ArgumentHelp("Faults of the unit and around it.", valueName: "list")) var faults = ""
    @Option(help: ArgumentHelp("How long to go on at most, virtual seconds.", valueName: "s")) var seconds =
        300.0
    @Option(help: ArgumentHelp("Decides on everything that is chance.", valueName: "n")) var seed: UInt64 = 1
    @Option(
        help: ArgumentHelp(
            "Tell of the blessing by POST to this address, such as http://127.0.0.1:8080/blessed.",
            valueName: "url"))
    var webhook: String?
    @Flag(help: "Post the webhook's fields as a form instead of JSON.") var form = false

    func validate() throws {
        guard ["button", "footswitch"].contains(press) else {
            throw ValidationError("“\(press)” can't be pressed. Allowed: button, footswitch.")
        }
        guard (1...86_400).contains(seconds) else {
            throw ValidationError("\(seconds) s is no time to run. Allowed: 1 to 86400.")
        }
    }

    func run() async throws {
        if let webhook, !HTTPClient.takes(webhook) {
            throw StationFailure(
                .badInput,
                "“\(webhook)” can't be posted to. Give an address such as http://127.0.0.1:8080/blessed.")
        }
        var setup = LineSetup(seed: seed, units: 1, faults: try plan(), firmware: try library())
        if let webhook {
            setup.cloud.webhooks = [
                Webhook(url: webhook, event: .blessing, contentType: form ? .form : .json)
            ]
        }
        if let board { setup.board = try BoardSource.read(board) }
        let booth = try FixtureBooth(setup)
        let printer = LogPrinter(booth)
        try booth.powerUp()
        let isBlessed = { booth.unit.map { booth.cloud.isBlessed($0.deviceID.text) } ?? false }
        printer.run(for: 20) {
            booth.unit?.phase == .unconfigured && booth.fixture.phase == .running(.fixture)
        }
        // The fixture's program needs a moment to look after its button.
        printer.run(for: 2) { false }
        for text in drive { try driveLater(text, booth) }
        booth.press(press)
        printer.run(for: seconds) { isBlessed() }
        // The window between blessing and application is when results are passed on.
        if isBlessed() { printer.run(for: 8) { false } }
        guard isBlessed() else { throw StationFailure(.unitFailed, "The unit was not blessed.") }
        Terminal.line("blessed \(booth.unit?.deviceID.text ?? "")")
        let deliveries = booth.cloud.webhooks
        for delivery in deliveries { try await post(delivery) }
    }

    /// Sends a webhook that the emulated cloud fired out of the simulation, for trying a plant's receiver at a desk.
    private func post(_ delivery: WebhookDelivery) async throws {
        do {
            let reply = try await HTTPClient().send(
                "POST", delivery.url, headers: [("Content-Type", delivery.contentType.rawValue)],
                body: delivery.body)
            Terminal.line("webhook \(delivery.url): \(reply.status)")
        } catch {
            throw StationFailure(
                .unitFailed, "The webhook's receiver: \(error). Check that it runs.")
        }
    }

    private func driveLater(_ text: String, _ booth: FixtureBooth) throws {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let seconds = Double(parts[1]), (0...86_400).contains(seconds) else {
            throw StationFailure(
                .badInput, "--drive \(text): a line, @ and seconds are allowed, as in toss@40.")
        }
        guard booth.driveUnit(parts[0], after: .microseconds(Int64(seconds * 1e6))) else {
            let lines = booth.unitLines.isEmpty ? "none" : booth.unitLines.joined(separator: ", ")
            throw StationFailure(
                .badInput, "--drive \(text): the board has no line “\(parts[0])”. It has: \(lines).")
        }
    }

    private func plan() throws -> FaultPlan {
        do {
            return try FaultPlan(parsing: faults)
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }

    private func library() throws -> FirmwareLibrary {
        func device(_ file: String) throws -> DeviceProgram {
            try program(file) { try DeviceProgram(name: $0, source: $1, provider: $2) }
        }
        func agent(_ file: String) throws -> DeviceProgram {
            try program(file) { try DeviceProgram.agent(name: $0, source: $1, provider: $2) }
        }
        var agents: [ModuleConfig.Code: DeviceProgram] = [:]
        if let fixtureAgent { agents[.fixture] = try agent(fixtureAgent) }
        if let dutAgent { agents[.factory] = try agent(dutAgent) }
        return .squirrel(
            factory: try device(dut),
            application: try application.map(device) ?? DeviceProgram(name: "no application", source: []),
            fixture: try device(fixture), agents: agents)
    }

    private func program(
        _ file: String, _ make: (String, [UInt8], any SourceProvider) throws -> DeviceProgram
    ) throws -> DeviceProgram {
        let source = try Files.read(file, limit: 4 << 20)
        do {
            return try make(file, source, sources.provider(for: file))
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }
}

/// Prints what both modules log, as it comes.
private final class LogPrinter {
    private let booth: FixtureBooth
    private var printed: [ObjectIdentifier: Int] = [:]

    init(_ booth: FixtureBooth) {
        self.booth = booth
    }

    /// Goes on until something holds, at most so many virtual seconds.
    func run(for seconds: Double, until condition: () -> Bool) {
        var left = seconds
        while left > 0, !condition() {
            let step = min(left, 0.05)
            _ = booth.run(atMost: .seconds(step), until: condition)
            left -= step
            show("fixture", booth.fixture)
            if let unit = booth.unit { show("unit   ", unit) }
        }
    }

    private func show(_ name: String, _ module: EmulatedModule) {
        let seen = printed[ObjectIdentifier(module), default: 0]
        let total = module.linesLogged
        guard total > seen else { return }
        printed[ObjectIdentifier(module)] = total
        for line in module.log.suffix(total - seen) { Terminal.line("\(booth.now)  \(name)  \(line)") }
    }
}
