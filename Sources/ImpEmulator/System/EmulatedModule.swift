import Imp003
import Squirrel
import TimeAndChance

/// One imp003 on its product board, under impOS Release 30: power, reset, configuration, radio, LED, and the
/// machine that runs its program. Lives in one simulation and on its thread.
public final class EmulatedModule {
    /// What the module is doing, as far as somebody outside could tell.
    public enum Phase: Equatable, Sendable {
        case off
        case heldInReset
        case booting
        /// The first power-up moves the WiFi firmware to the SPI flash.
        case movingFirmware
        /// The SPI flash could not be used; only a power cycle or reset tries again.
        case flashError
        /// No network settings: waits for BlinkUp.
        case unconfigured
        case connecting
        /// On the server, but enrolled nowhere: there is no program to run.
        case unassigned
        case loading(ModuleConfig.Code)
        /// Fetches another operating system; it restarts with it.
        case upgrading
        case running(ModuleConfig.Code)
        case asleep
    }

    /// Which module it stands for.
    public let kind: ModuleKind
    /// How the unit was made.
    public let recipe: UnitRecipe
    /// 12 hexadecimal digits of the address burnt into the module.
    public let mac: MACAddress
    /// What `hardware.getdeviceid()` gives.
    public let deviceID: DeviceID
    /// Figures and switches of the operating system.
    public let release: Release30
    /// The clock by which it lives.
    public let simulation: Simulation
    /// Its SPI flash chip.
    public let flash: ModuleFlash
    /// Its red/green pair.
    public let led = StatusLED()
    /// Its WiFi radio.
    public let radio: Radio
    /// Its way to the server.
    public let connection: Connection
    /// The server.
    public let cloud: EmulatedCloud

    /// What it is doing.
    public internal(set) var phase = Phase.off
    /// Why the program last started.
    public internal(set) var wakeReason = WakeReason.powerOn
    /// What the module told the server's log, and what impOS added; the newest last, at most 500 lines.
    public private(set) var log: [String] = []
    /// How many lines `log` has had so far, those included that it dropped.
    public private(set) var linesLogged = 0
    /// How often the operating system has started since the unit was seated.
    public private(set) var starts = 0

    let board: BoardElectronics
    let library: FirmwareLibrary
    /// What flashes in front of the light sensor, and since when.
    var light: (signal: LightSignal, conditions: LightConditions, since: VirtualInstant)?
    let faults: [Fault.Kind]
    /// From the fixture to the module, and back.
    let consoleIn = SerialLine()
    let consoleOut = SerialLine()
    /// What the console's wires do to bytes, in both directions.
    var consoleNoise: LineNoise
    /// DIGITAL_IN_WAKEUP was set on pin W before the module went to sleep.
    var wakePinIsArmed = false
    /// R23 broken: I²C buses that the last program left on, with their rates.
    var i2cLeftOn: [I2CName: Int] = [:]
    /// Told when something that survives a power cut has changed.
    var onDurableChange: () -> Void = {}

    /// The program that runs, if one does.
    public internal(set) var machine: SquirrelMachine?
    /// Bytes lost to scans since the operating system started (K1).
    public internal(set) var leakedBytes = 0
    /// The `nv` table in the memory that stays powered in deep sleep.
    var keptTable: SquirrelData?
    var coldStartedAt: VirtualInstant?
    /// What the LED would show if its time were not over.
    var ledWish = StatusLED.Pattern.dark
    /// Instants at which the LED's time may be over.
    var ledChecks: Set<VirtualInstant> = []
    /// Late and early frames in front of the light sensor.
    var opticalDice: SeededGenerator
    /// The agents of the simulation that this module lives in.
    weak var agents: AgentHost?
    /// `server.flush` is waiting.
    var isFlushing = false
    /// Where the light of this module's BlinkUp LED falls, if it is a fixture.
    var onLight: (LightSignal) -> Void = { _ in }
    var firmwareTransfer: WiFiFirmwareTransfer?
    /// A NVRAM image that was installed after the radio started: used at the next connection attempt.
    var radioImageIsStale = false

    private(set) var pages: ConfigPages
    /// The current record of the configuration pages.
    public private(set) var config: ModuleConfig
    private var writes: [PendingWrite] = []
    private var runningWrite: (write: ConfigPages.Write, startedAt: VirtualInstant)?
    /// Raised whenever everything that was going on ends: reset, power cut, sleep.
    private var life = 0
    /// Raised whenever what was going to happen with the program is off: another one comes, or a new life.
    private var programPlan = 0
    private var chance: SeededGenerator
    private var supplyPresent = false
    private var resetHeld = false
    private var startedSincePowerOn = false

    private struct PendingWrite {
        var change: (inout ModuleConfig) -> Void
        var done: () -> Void
    }

    /// - Parameters:
    ///   - state: the unit as it comes to the slot; its configuration and flash content are taken over.
    ///   - faults: the faults that are present in this seating.
    init(
        kind: ModuleKind = .imp003, state: UnitState, faults: [Fault.Kind], setup: LineSetup,
        cloud: EmulatedCloud, simulation: Simulation
    ) {
        self.kind = kind
        recipe = state.recipe
        self.faults = faults
        self.simulation = simulation
        self.cloud = cloud
        release = setup.release
        library = setup.firmware
        mac = faults.contains(.wrongUnitAnswers) ? state.recipe.mac.neighbour : state.recipe.mac
        deviceID =
            (try? DeviceID(parsing: kind.deviceIDPrefix + mac.bareHex)) ?? DeviceID(imp003With: mac)
        pages = state.pages
        config = state.pages.current ?? ModuleConfig()
        flash = ModuleFlash(
            simulation: simulation, partName: state.recipe.chipPart,
            reservation: setup.release.holds(.n4) ? setup.release.reservationBytes : 0,
            faults: faults, content: state.flash, seed: state.recipe.seed)
        board = BoardElectronics(
            board: setup.board, seed: state.recipe.seed, ordinal: state.recipe.ordinal,
            seating: state.seatings, simulation: simulation)
        board.apply(faults)
        chance = .derived(
            from: state.recipe.seed, label: "program",
            index: UInt64(state.recipe.ordinal) << 20 | UInt64(state.seatings))
        opticalDice = .derived(
            from: state.recipe.seed, label: "light",
            index: UInt64(state.recipe.ordinal) << 20 | UInt64(state.seatings))
        var errorRate = 0.0
        for case .uartNoise(let rate) in faults { errorRate = max(errorRate, rate) }
        consoleNoise = LineNoise(
            byteErrorRate: errorRate,
            generator: .derived(from: state.recipe.seed, label: "noise", index: UInt64(state.recipe.ordinal)))
        var antenna = board.antennaDecibels
        for case .weakAntenna(let decibels) in faults { antenna += decibels }
        let radio = Radio(
            environment: setup.radio, antennaDecibels: antenna, seed: state.recipe.seed,
            ordinal: state.recipe.ordinal, seating: state.seatings)
        self.radio = radio
        weak var me: EmulatedModule?
        connection = Connection(
            simulation: simulation, radio: radio, release: setup.release, serverPorts: setup.cloud.ports,
            dice: .derived(
                from: state.recipe.seed, label: "packets",
                index: UInt64(state.recipe.ordinal) << 20 | UInt64(state.seatings))
        ) {
            me?.joinableAccessPoints() ?? []
        }
        me = self
        radio.onEnvironmentChange = { me?.connection.environmentChanged() }
        connection.onStage = { stage in me?.showStage(stage) }
        connection.onLost = { reason in me?.connectionLost(reason) }
        connection.onServer = { isConnected in me?.serverChanged(isConnected: isConnected) }
        connection.link.onRetransmission = { me?.segmentRepeated() }
    }

    // MARK: Power and reset

    /// The supply at the module comes or goes.
    func setSupply(present: Bool) {
        let reaches = present && !faults.contains(.noPower)
        guard reaches != supplyPresent else { return }
        supplyPresent = reaches
        if reaches {
            flash.applyPower()
            startedSincePowerOn = false
            if !resetHeld { start(.powerOn, after: release.times.powerOnReset) } else { phase = .heldInReset }
        } else {
            halt(.off)
            flash.cutPower()
            board.losePower()
        }
    }

    /// RESET_L goes low (held) or lets go.
    func setReset(held: Bool) {
        guard held != resetHeld else { return }
        resetHeld = held
        guard supplyPresent else { return }
        if held {
            halt(.heldInReset)
        } else {
            start(startedSincePowerOn ? .hardwareReset : .powerOn, after: release.times.powerOnReset)
        }
    }

    /// Whether the module itself drives the flash bus: it has power and is not held in reset.
    public var isAwake: Bool { supplyPresent && !resetHeld }

    /// Whether the module gets its supply.
    public var isPowered: Bool { supplyPresent }

    /// Begins the operating system anew.
    func start(_ reason: WakeReason, after delay: Duration) {
        startedSincePowerOn = true
        starts += 1
        leakedBytes = 0
        phase = .booting
        show(.dark)
        // An upgraded system starts as if power had come (politeosdeployments page).
        if [.powerOn, .hardwareReset, .newFirmware].contains(reason) { coldStartedAt = simulation.now }
        if reason != .timer && reason != .pin { keptTable = nil }
        boot(reason, after: delay)
    }

    /// Ends everything that goes on in the module, as a reset or a power cut does.
    func halt(_ phase: Phase) {
        life += 1
        replanProgram()
        stopMachine()
        board.releasePins()
        i2cLeftOn = [:]
        firmwareTransfer?.abandon(at: simulation.now)
        firmwareTransfer = nil
        connection.forget()
        radio.isScanning = false
        consoleOut.cut(at: simulation.now)
        if let running = runningWrite {
            pages.interrupt(running.write, after: simulation.now - running.startedAt)
            config = pages.current ?? ModuleConfig()
            runningWrite = nil
        }
        writes.removeAll()
        ledChecks.removeAll()
        show(.dark)
        self.phase = phase
    }

    /// Restarts the operating system by software.
    func restart(_ reason: WakeReason) {
        guard isAwake else { return }
        halt(.booting)
        start(reason, after: release.times.softwareReset)
    }

    /// Sleeps with everything off, then starts with `reason`.
    func sleepDeeply(for duration: Duration, then reason: WakeReason) {
        halt(.asleep)
        later(duration) { [self] in start(reason, after: warmStart) }
    }

    /// The fixture changed a line: a sleeping module wakes when its armed pin W goes high.
    func fixtureLineChanged() {
        guard phase == .asleep, wakePinIsArmed, board.level(of: .w) else { return }
        halt(.booting)
        start(.pin, after: warmStart)
    }

    /// R43 broken: as slow as an older release, say.
    private var warmStart: Duration { release.times.warmStart * (release.holds(.r43) ? 1 : 40) }

    func randomNumber() -> UInt32 {
        UInt32(truncatingIfNeeded: chance.next())
    }

    /// Runs `action` later, unless the module's present life ends before.
    func later(_ delay: Duration, _ action: @escaping () -> Void) {
        let mine = life
        simulation.schedule(after: delay) { [weak self] in
            if self?.life == mine { action() }
        }
    }

    /// What was going to happen with the program will not.
    func replanProgram() { programPlan += 1 }

    /// Runs `action` later, unless something else is planned with the program by then.
    func laterWithProgram(_ delay: Duration, _ action: @escaping () -> Void) {
        let mine = programPlan
        later(delay) { [weak self] in
            if self?.programPlan == mine { action() }
        }
    }

    func note(_ line: String) {
        log.append(line)
        linesLogged += 1
        if log.count > 500 { log.removeFirst(log.count - 500) }
    }

    // MARK: Configuration

    /// Changes the persistent configuration; takes the time that the internal flash takes.
    /// - Returns: false, and nothing happens, when the new record would not fit into a page.
    @discardableResult
    func configure(_ change: @escaping (inout ModuleConfig) -> Void, then done: @escaping () -> Void = {})
        -> Bool
    {
        var trial = config
        change(&trial)
        guard pages.write(of: trial) != nil else { return false }
        writes.append(PendingWrite(change: change, done: done))
        if runningWrite == nil { beginWrite() }
        return true
    }

    private func beginWrite() {
        guard let next = writes.first else { return }
        var changed = config
        next.change(&changed)
        guard let write = pages.write(of: changed, overwriting: !release.holds(.r11)) else { return }
        runningWrite = (write, simulation.now)
        later(write.duration) { [self] in
            pages.finish(write)
            config = changed
            runningWrite = nil
            writes.removeFirst()
            onDurableChange()
            beginWrite()
            next.done()
        }
    }

    /// The configuration pages as they are, a running write not counted: what goes on the record.
    var pagesForRecord: ConfigPages { pages }

    /// The configuration record as a power cut at this instant would leave it.
    public var configAfterPowerCutNow: ModuleConfig {
        var cut = pages
        if let running = runningWrite {
            cut.interrupt(running.write, after: simulation.now - running.startedAt)
        }
        return cut.current ?? ModuleConfig()
    }

    // MARK: Radio

    /// The region that the radio obeys.
    public var region: RegionCode { config.region ?? release.defaultRegion }

    /// The channels that the radio uses.
    var usedChannels: ChannelSet { release.holds(.n5) ? region.channels : RegionCode.us.channels }

    private func joinableAccessPoints() -> [AccessPoint] {
        guard let wifi = config.wifi else { return [] }
        return radio.candidates(
            for: wifi, channels: usedChannels,
            longSSIDFails: release.knownIssues.longSSIDFails && release.holds(.k2))
    }

    private func showStage(_ stage: Connection.Stage) {
        let pattern: StatusLED.Pattern? =
            switch stage {
            case .idle: nil
            case .searching: .searching
            case .joining: .joining
            case .gettingAddress: .gettingAddress
            case .resolving: .resolving
            case .connecting: .connecting
            case .connected: .connected
            }
        if stage == .idle, Self.connectingPatterns.contains(ledWish) { show(.dark) }
        if let pattern, ledWish != .blessed, ledWish != .blessingFailed { show(pattern) }
    }

    private static let connectingPatterns: Set<StatusLED.Pattern> = [
        .searching, .joining, .gettingAddress, .resolving, .connecting, .connected,
    ]
}

extension MACAddress {
    /// The address next to this one: of a module that got onto the wrong board.
    var neighbour: MACAddress {
        var bytes = self.bytes
        bytes[5] ^= 0x01
        return MACAddress(bytes: bytes) ?? self
    }
}
