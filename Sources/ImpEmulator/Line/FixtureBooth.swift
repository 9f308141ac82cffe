import Imp003

/// A fixture imp and the unit in front of its LED, in one simulation: factory BlinkUp as in the vendor's factory, from
/// the button on the fixture to the blessed unit.
///
/// The fixture is an imp005 in what matters here, its ID and its place in the cloud; its pins and buses are those of
/// the imp003 model, with the buttons, lamps and BlinkUp LED of the vendor's box on the pins that its firmware uses.
public final class FixtureBooth {
    /// The unit's slot.
    let bench: SlotBench
    /// The fixture.
    public let fixture: EmulatedModule
    /// The cloud that both are on.
    public let cloud: EmulatedCloud

    /// The fixture's own address; its device ID is `5000` and these digits.
    public static let fixtureMAC = "d8c46a000001"

    /// - Parameters:
    ///   - setup: the unit, the air, the cloud and all firmware; `firmware.fixture` runs on the fixture.
    ///   - board: what is connected to the fixture imp.
    public init(_ setup: LineSetup, board: ProductBoard = .fixtureBox) throws {
        cloud = EmulatedCloud(
            behaviour: setup.cloud, seed: setup.seed, internet: setup.internet, onWebhook: setup.onWebhook)
        guard let recipe = setup.recipes.first else { throw FixtureBoothError.noUnit }
        bench = SlotBench(
            setup: setup, cloud: cloud, roster: UnitRoster([UnitState(recipe: recipe)], shelf: nil))
        let address = try MACAddress(parsing: Self.fixtureMAC)
        var state = UnitState(
            recipe: UnitRecipe(ordinal: 0, mac: address, chipPart: setup.chipPart, seed: setup.seed))
        state.seatings = 1
        var own = setup
        own.board = board
        fixture = EmulatedModule(
            kind: .imp005, state: state, faults: [], setup: own, cloud: cloud, simulation: bench.simulation)
        cloud.assignFixture(fixture.deviceID.text)
        bench.agents.add(fixture)
        let network = setup.radio.accessPoints.first
        fixture.configure({
            $0.wifi = network.map { ModuleConfig.WiFi(ssid: $0.ssid, password: $0.password ?? "") }
            $0.enrolment = ModuleConfig.Enrolment(planID: "", token: "")
        })
        fixture.onLight = { [bench] signal in bench.module?.seeLight(signal, under: setup.light) }
        bench.seat(UnitState(recipe: recipe), slot: "booth")
        // The fixture's settings were made long ago: they are in its flash before it gets power.
        bench.simulation.run(until: bench.simulation.now + .seconds(1))
    }

    /// The unit in front of the fixture.
    public var unit: EmulatedModule? { bench.module }

    /// Lines of the unit's board that can be driven.
    public var unitLines: [String] { unit?.board.board.fixtureLines ?? [] }

    /// Agents of fixture and unit.
    public var agents: AgentHost { bench.agents }

    /// Virtual time since the booth was made.
    public var now: VirtualInstant { bench.simulation.now }

    /// Switches both on.
    public func powerUp() throws {
        fixture.setSupply(present: true)
        try bench.setPower(true)
    }

    /// Presses and lets go of something that the fixture's operator can press.
    /// - Parameter line: a name of the fixture's board, such as `button` or `footswitch`.
    public func press(_ line: String, for duration: Duration = .milliseconds(200)) {
        _ = fixture.board.drive(line: line, to: true)
        fixture.fixtureLineChanged()
        run(for: duration)
        _ = fixture.board.drive(line: line, to: false)
        fixture.fixtureLineChanged()
    }

    /// Drives a line of the unit's board for a moment, later: a button on the product, or what shakes a sensor.
    /// - Returns: false when the board has no such line.
    public func driveUnit(_ line: String, after delay: Duration, for duration: Duration = .milliseconds(200))
        -> Bool
    {
        guard unit?.board.board.fixtureLines.contains(line) == true else { return false }
        for (time, level) in [(delay, true), (delay + duration, false)] {
            bench.simulation.schedule(after: time) { [bench] in
                _ = bench.module?.board.drive(line: line, to: level)
                bench.module?.fixtureLineChanged()
            }
        }
        return true
    }

    /// Lets time pass.
    public func run(for duration: Duration) {
        bench.simulation.run(until: bench.simulation.now + duration)
    }

    /// Lets time pass until something holds.
    /// - Returns: false when it did not hold within `limit`.
    public func run(atMost limit: Duration, until condition: () -> Bool) -> Bool {
        bench.simulation.run(until: bench.simulation.now + limit, stopping: condition)
    }
}

/// Why a booth can't be made.
public enum FixtureBoothError: Error, Equatable, Sendable, CustomStringConvertible {
    case noUnit

    public var description: String {
        "The set-up has no unit. Give it at least one to put in front of the fixture."
    }
}

/// Which module an emulated one stands for.
public enum ModuleKind: String, Sendable, CaseIterable {
    case imp003
    /// What fixtures are built on.
    case imp005

    /// The first four digits of its device IDs.
    var deviceIDPrefix: String {
        switch self {
        case .imp003: DeviceID.imp003Prefix
        case .imp005: "5000"
        }
    }
}

extension ProductBoard {
    /// The vendor's BlinkUp box, as far as its published firmware touches it: button on C, foot switch on H, lamps on E
    /// and F, BlinkUp LED on M.
    public static let fixtureBox = ProductBoard(
        name: "fixture box", console: .qrpw,
        elements: [
            .fixtureLine(name: "button", pin: .c, restingLow: true),
            .fixtureLine(name: "footswitch", pin: .h, restingLow: true),
        ],
        userLED: .e)
}
