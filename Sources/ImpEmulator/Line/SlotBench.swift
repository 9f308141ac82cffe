import Fixturing
import SerialNOR

/// A slot's electronics and the unit in it, on one simulation: everything about a slot that needs no concurrency.
///
/// `EmulatedSlot` puts an actor around it. Its calls run the simulation for as long as the act takes and return
/// with the clock at its end.
final class SlotBench {
    let simulation = Simulation()
    private(set) var module: EmulatedModule?
    private(set) var state: UnitState?
    private(set) var isPluggedIn = true

    /// The agents of the devices in this simulation.
    let agents: AgentHost
    private let setup: LineSetup
    private let cloud: EmulatedCloud
    /// Writes the unit down; the flag says that the flash content must be part of it.
    private let roster: UnitRoster
    private var fixturePower = false
    private var resetHeld = false
    private var isBrownedOut = false
    private var firstPowerOn: VirtualInstant?
    private var savedFlashChanges = 0
    /// The first trouble with the shelf; the next call of the station gets it.
    private(set) var shelfTrouble: ShelfError?

    /// What the fixture's supply gives before it switches off, mA.
    static let currentLimit = 500.0
    /// The adapter's latency timer: bytes wait so long for company before they are handed up.
    static let adapterLatency = Duration.milliseconds(1)
    /// One batch's way to the adapter and back.
    static let batchOverhead = Duration.microseconds(250)
    static let flashClockHertz = 30_000_000

    init(setup: LineSetup, cloud: EmulatedCloud, roster: UnitRoster) {
        self.setup = setup
        self.cloud = cloud
        self.roster = roster
        agents = AgentHost(simulation: simulation, cloud: cloud, library: setup.firmware)
    }

    // MARK: Units

    func seat(_ unit: UnitState, slot: String) {
        var unit = unit
        unit.seatings += 1
        unit.place = .seated(slot: slot)
        isPluggedIn = true
        firstPowerOn = nil
        isBrownedOut = false
        savedFlashChanges = 0
        let present = unit.presentFaults().map(\.fault.kind)
        let module = EmulatedModule(
            state: unit, faults: present, setup: setup, cloud: cloud, simulation: simulation)
        // A reset line that the fixture holds is held for the next unit too.
        module.setReset(held: resetHeld)
        agents.add(module)
        module.onDurableChange = { [weak self] in self?.checkpoint() }
        module.flash.onErase = { [weak self] duration in self?.eraseBegan(duration) }
        self.module = module
        state = unit
        checkpoint()
        // A supply that was left on reaches the new unit as its contacts close.
        if fixturePower, (try? setPower(true)) == nil { fixturePower = false }
    }

    /// The unit leaves the slot.
    /// - Returns: its state, with the flash content when that is still of interest.
    func unseat(_ verdict: Verdict, comesBack: Bool) -> UnitState? {
        makeSafe()
        guard var unit = state else { return nil }
        if comesBack || roster.shelf != nil {
            unit.flash = module?.flash.contents() ?? FlashContents()
        } else {
            unit.flash = FlashContents()
        }
        unit.place = comesBack ? .waiting : .left(verdict)
        // Being sent to another slot is no retest.
        if comesBack, verdict != .otherSlot { unit.retests += 1 }
        module = nil
        state = nil
        store(unit)
        return unit
    }

    /// Writes the seated unit down as a power cut now would leave it.
    func checkpoint() {
        guard let module, var unit = state else { return }
        unit.pages = module.pagesForRecord
        if module.flash.changes != savedFlashChanges, roster.shelf != nil {
            savedFlashChanges = module.flash.changes
            unit.flash = module.flash.contents()
        }
        state = unit
        store(unit)
    }

    private func store(_ unit: UnitState) {
        do {
            try roster.store(unit)
        } catch {
            shelfTrouble = shelfTrouble ?? error
        }
    }

    // MARK: Supply and reset

    func setPower(_ on: Bool) throws {
        if on, let module, module.faults.contains(.short) {
            fixturePower = false
            applySupply()
            throw FixtureError.overcurrent(milliamperes: Self.currentLimit)
        }
        fixturePower = on
        applySupply()
        if on, firstPowerOn == nil, module != nil {
            firstPowerOn = simulation.now
            scheduleFaults()
        }
        if !on { checkpoint() }
    }

    func setReset(held: Bool) {
        resetHeld = held
        module?.setReset(held: held)
    }

    private func applySupply() {
        module?.setSupply(present: fixturePower && isPluggedIn && !isBrownedOut)
    }

    /// Power off, lines floating.
    func makeSafe() {
        fixturePower = false
        resetHeld = false
        module?.board.releaseFixtureLines()
        applySupply()
        module?.setReset(held: false)
        checkpoint()
    }

    // MARK: Faults that happen

    private func scheduleFaults() {
        guard let unit = state, let module else { return }
        for (number, fault) in unit.presentFaults() {
            if fault.kind == .uartBabble { babble(on: module, from: number) }
            if fault.kind.isOfNetwork, fault.at == nil { module.suffer(fault.kind) }
            guard let delay = fault.at, fault.kind != .brownOutInErase else { continue }
            simulation.schedule(after: delay) { [weak self, weak module] in
                guard let self, let module, module === self.module else { return }
                happen(fault.kind, number: number)
            }
        }
    }

    private func happen(_ fault: Fault.Kind, number: Int) {
        state?.spentFaults.insert(number)
        switch fault {
        case .brownOut: brownOut()
        case .moduleRestart: module?.restart(.softwareReset)
        case .usbUnplug(let pause): unplug(for: pause)
        default: module?.suffer(fault)
        }
    }

    private func eraseBegan(_ duration: Duration) {
        guard let firstPowerOn, let unit = state,
            let (number, _) = unit.presentFaults().first(where: { _, fault in
                fault.kind == .brownOutInErase && simulation.now >= firstPowerOn + (fault.at ?? .zero)
            })
        else { return }
        state?.spentFaults.insert(number)
        simulation.schedule(after: duration / 2) { [weak self] in self?.brownOut() }
    }

    private static let dip = Duration.milliseconds(30)

    private func brownOut() {
        isBrownedOut = true
        applySupply()
        checkpoint()
        simulation.schedule(after: Self.dip) { [weak self] in
            self?.isBrownedOut = false
            self?.applySupply()
        }
    }

    private func unplug(for pause: Duration?) {
        isPluggedIn = false
        fixturePower = false
        resetHeld = false
        module?.board.releaseFixtureLines()
        applySupply()
        module?.setReset(held: false)
        checkpoint()
        guard let pause else { return }
        simulation.schedule(after: pause) { [weak self] in self?.isPluggedIn = true }
    }

    private func babble(on module: EmulatedModule, from number: Int) {
        guard module === self.module else { return }
        if module.isPowered {
            let rubbish = (0..<24).map { _ in UInt8(truncatingIfNeeded: module.randomNumber()) }
            module.consoleOut.send(
                rubbish, at: simulation.now,
                format: SerialLine.Format(baud: module.release.factoryConsoleBaud))
        }
        simulation.schedule(after: .milliseconds(7)) { [weak self, weak module] in
            if let module { self?.babble(on: module, from: number) }
        }
    }

    // MARK: Console

    func writeConsole(_ bytes: [UInt8]) {
        guard let module, !bytes.isEmpty else { return }
        module.consoleIn.send(
            module.consoleNoise.damage(bytes), at: simulation.now,
            format: SerialLine.Format(baud: module.release.factoryConsoleBaud))
    }

    /// Runs until bytes have come through the adapter, or to the end of the time.
    func readConsole(timeout: Duration) -> [UInt8] {
        let deadline = simulation.now + max(timeout, .zero)
        while isPluggedIn {
            let delivery = nextDelivery
            if delivery <= simulation.now { return takeConsole() }
            let target = min(delivery, deadline)
            simulation.run(until: target) { nextDelivery < target || !isPluggedIn }
            if simulation.now >= deadline, nextDelivery > simulation.now { return [] }
        }
        return []
    }

    private var nextDelivery: VirtualInstant {
        module?.consoleOut.nextArrival.map { $0 + Self.adapterLatency } ?? .never
    }

    private func takeConsole() -> [UInt8] {
        guard let module else { return [] }
        return module.consoleOut.take(by: simulation.now).flatMap { burst in
            // At another bit rate an adapter sees rubbish with framing errors.
            burst.format.baud == module.release.factoryConsoleBaud
                ? Array(burst.bytes) : burst.bytes.map { $0 ^ 0xA5 | 0x80 }
        }
    }

    // MARK: Flash bus

    func performOnFlash(_ batch: [SPIOperation]) throws -> [[UInt8]] {
        try requirePlug()
        guard let module, fixturePower else { throw SPIBusError.disconnected("the unit has no power") }
        guard resetHeld else { throw FixtureError.busNotIsolated }
        simulation.run(until: simulation.now + Self.batchOverhead)
        var answers: [[UInt8]] = []
        answers.reserveCapacity(batch.count)
        for operation in batch {
            switch operation {
            case .exchange(let write, let readCount):
                answers.append(module.flash.exchange(write, read: readCount))
                advance(ModuleFlash.wireTime(ofBytes: write.count + readCount, hertz: Self.flashClockHertz))
            case .poll(let poll):
                answers.append([try self.poll(poll, module.flash)])
            case .pause(let duration):
                answers.append([])
                advance(duration)
            }
            try requirePlug()
        }
        if module.flash.changes != savedFlashChanges { checkpoint() }
        return answers
    }

    private func poll(_ poll: StatusPoll, _ flash: ModuleFlash) throws -> UInt8 {
        let begin = simulation.now
        let deadline = begin + poll.limit
        let readTime = ModuleFlash.wireTime(ofBytes: 2, hertz: Self.flashClockHertz)
        while true {
            let status = flash.exchange([poll.opcode], read: 1)[0]
            advance(readTime)
            try requirePlug()
            if status & poll.mask == poll.match & poll.mask { return status }
            guard simulation.now < deadline else {
                throw SPIBusError.stillBusy(status: status, waited: simulation.now - begin)
            }
            // The adapter would ask again and again; the answer can only change at these instants.
            let change = flash.busyUntil ?? simulation.nextEventTime ?? deadline
            simulation.run(until: min(max(change, simulation.now + readTime), deadline))
        }
    }

    private func advance(_ duration: Duration) {
        simulation.run(until: simulation.now + duration)
    }

    // MARK: Light, lines, instruments

    /// Sends the optical packet; the module sees it if it looked from the first bit to the last.
    func blinkUp(_ network: FactoryNetwork, token: String) throws {
        try requirePlug()
        let packet = BlinkUpPacket(ssid: network.ssid, password: network.password, token: token)
        let signal = LightSignal(packet)
        module?.seeLight(signal, under: setup.light)
        advance(signal.duration)
        try requirePlug()
    }

    func drive(_ line: String, to level: Bool?) throws {
        try requirePlug()
        guard setup.board.fixtureLines.contains(line) else {
            throw FixtureError.unknownName(line, available: setup.board.fixtureLines)
        }
        _ = module?.board.drive(line: line, to: level)
        module?.fixtureLineChanged()
    }

    static let instruments = [
        Instrument(name: "supply_current", unit: "mA"), Instrument(name: "supply_voltage", unit: "V"),
        Instrument(name: "rail_3v3", unit: "V"), Instrument(name: "led_light", unit: "lx"),
    ]

    func measure(_ name: String) throws -> Double {
        try requirePlug()
        guard Self.instruments.contains(where: { $0.name == name }) else {
            throw FixtureError.unknownName(name, available: Self.instruments.map(\.name))
        }
        // An instrument settles before it reads.
        advance(.milliseconds(20))
        try requirePlug()
        return reading(of: name)
    }

    private func reading(of name: String) -> Double {
        guard let module else { return 0 }
        let board = module.board
        switch name {
        case "supply_current":
            guard module.isPowered else { return 0 }
            var milliamperes = board.quiescentMilliamperes + Self.current(of: module)
            for case .extraCurrent(let extra) in module.faults { milliamperes += extra }
            return max(milliamperes + board.scatter(sigma: 0.15), 0)
        case "supply_voltage":
            return fixturePower && !isBrownedOut ? 5.0 + board.scatter(sigma: 0.004) : 0
        case "rail_3v3":
            return module.isPowered ? board.measuredSupply() : 0
        default:
            return board.userLEDLit
                ? max(212 + board.scatter(sigma: 6), 0) : max(1.5 + board.scatter(sigma: 0.3), 0)
        }
    }

    /// What the module draws, mA: figures that the vendor gave for Release 30's test rig, as far as there are any;
    /// what is between them is a choice.
    private static func current(of module: EmulatedModule) -> Double {
        switch module.phase {
        case .off: 0
        case .heldInReset: 1.2
        case .asleep: 0.004
        case .booting, .movingFirmware: 41
        case .flashError: 26
        case .unconfigured, .connecting, .unassigned, .loading, .upgrading, .running:
            module.radio.isPowered ? (module.machine?.powerSave == true ? 10 : 65) : 25
        }
    }

    func requirePlug() throws {
        if let shelfTrouble { throw shelfTrouble }
        if !isPluggedIn { throw FixtureError.disconnected("the slot's USB adapter is gone") }
    }
}
