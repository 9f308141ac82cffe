import FactoryLink
import Fixturing
import Testing
import TimeAndChance

@testable import ImpEmulator

/// A program that does nothing: tests call the API in its place.
final class IdleFirmware: Firmware {
    func start() throws {}
}

extension FirmwareLibrary {
    static let idle = FirmwareLibrary(factory: { _ in IdleFirmware() }, application: { _ in IdleFirmware() })
}

extension FactoryNetwork {
    static let factoryFloor = FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line")
}

/// One unit on a bench, without concurrency, seen from inside and outside.
final class Desk {
    let bench: SlotBench
    let cloud: EmulatedCloud
    let roster: UnitRoster

    init(faults: String = "", _ adjust: (inout LineSetup) -> Void = { _ in }) throws {
        var setup = LineSetup(
            units: 1, chipPart: "GD25Q40", faults: try FaultPlan(parsing: faults), firmware: .idle)
        setup.release.wifiFirmwareBytes = 8192
        adjust(&setup)
        let recipe = try #require(setup.recipes.first)
        cloud = EmulatedCloud(
            behaviour: setup.cloud, seed: setup.seed, internet: setup.internet, onWebhook: setup.onWebhook)
        roster = UnitRoster([UnitState(recipe: recipe)], shelf: nil)
        bench = SlotBench(setup: setup, cloud: cloud, roster: roster)
        bench.seat(UnitState(recipe: recipe), slot: "desk")
    }

    var module: EmulatedModule {
        get throws { try #require(bench.module) }
    }

    var interface: ImpInterface {
        get throws { try #require(try module.machine?.interface) }
    }

    var imp: ImpAPI { get throws { try interface.imp } }
    var hardware: HardwareAPI { get throws { try interface.hardware } }
    var server: ServerAPI { get throws { try interface.server } }
    var now: VirtualInstant { bench.simulation.now }

    func run(_ duration: Duration) {
        bench.simulation.run(until: now + duration)
    }

    /// Runs until `condition` holds; a failure when it does not within `limit`.
    func run(atMost limit: Duration = .seconds(120), until condition: () -> Bool) {
        let held = bench.simulation.run(until: now + limit, stopping: condition)
        if !held { Issue.record("it never happened, phase \(String(describing: bench.module?.phase))") }
    }

    /// Power on, up to the blinking of a module that waits for BlinkUp.
    func powerUp() throws {
        try bench.setPower(true)
        let module = try module
        run { module.phase == .unconfigured }
    }

    func blinkUp(_ network: FactoryNetwork = .factoryFloor) throws {
        try bench.blinkUp(network, token: "factory")
    }

    /// All the way to running factory firmware.
    func runFactoryFirmware() throws {
        try powerUp()
        try blinkUp()
        try awaitProgram(.factory)
    }

    func awaitProgram(_ code: ModuleConfig.Code) throws {
        let module = try module
        run { module.phase == .running(code) && module.machine?.interface != nil }
    }

    /// Makes the unit one that has been blessed and runs its application.
    func runApplication() throws {
        try runFactoryFirmware()
        try server.bless(true) { _ in }
        try awaitProgram(.application)
    }

    func read(_ bus: I2CAPI, _ address8: UInt8, _ subaddress: [UInt8], _ count: Int) throws -> [UInt8]? {
        try result { try bus.read(address8: address8, subaddress: subaddress, count: count, then: $0) }
    }

    func write(_ bus: I2CAPI, _ address8: UInt8, _ bytes: [UInt8]) throws -> Int {
        try result { try bus.write(address8: address8, bytes, then: $0) }
    }

    /// The value that a blocking call ends with.
    func result<Value>(_ call: (@escaping Resume<Value>) throws -> Void) throws -> Value {
        var outcome: Result<Value, ImpAPIError>?
        try call { outcome = $0 }
        run { outcome != nil }
        return try #require(outcome).get()
    }
}

extension EmulatedSlot {
    /// Waits, as a station does, until the unit blinks.
    func waitForBlinkUpWindow() async throws {
        for _ in 0..<200 {
            if try await indicator() == .blinking { return }
            try await time.sleep(for: .milliseconds(100))
        }
        Issue.record("the unit never blinked")
    }

    /// Power, BlinkUp, and a link to the factory firmware.
    func startFactoryFirmware() async throws -> LinkClient {
        try await setPower(true)
        try await waitForBlinkUpWindow()
        try await blinkUp(.factoryFloor)
        let link = LinkClient(stream: console, time: time, seed: 1)
        _ = try await link.connect(within: .seconds(30))
        return link
    }
}
