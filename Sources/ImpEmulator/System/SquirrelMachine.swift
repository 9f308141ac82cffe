import ContentAddress
import Squirrel

/// One run of a program on the module: its processor, its API objects, and what it has switched on.
public final class SquirrelMachine {
    /// What `server.setsendtimeoutpolicy` chose.
    public enum SendPolicy: Int, Sendable {
        case suspendOnError = 0
        case returnOnError = 1
        /// As `returnOnError`, but a timeout leaves the connection alone.
        case returnOnErrorNoDisconnect = 2
    }

    /// What counts as sent.
    public enum SendWait: Int, Sendable {
        /// WAIT_TIL_SENT: in the send buffer.
        case tilSent = 0
        /// WAIT_FOR_ACK: acknowledged by the server.
        case forAcknowledgement = 1
    }

    let module: EmulatedModule
    let code: ModuleConfig.Code
    let processor: Processor
    /// nil = never called: the system's own habit.
    var blinkUpEnabled: Bool?
    var powerSave = false
    var sendPolicy = SendPolicy.suspendOnError
    var sendWait = SendWait.tilSent
    var sendTimeout = Duration.seconds(30)
    var unexpectedDisconnect: ((Int) throws -> Void)?

    private(set) var interface: ImpInterface?
    private(set) var firmware: (any Firmware)?
    /// Time that the program's instructions take and that has not passed yet.
    var unpaid: () -> Duration = { .zero }
    private var waitingForServer: [Callback] = []
    private let startedAt: VirtualInstant

    init(module: EmulatedModule, code: ModuleConfig.Code) {
        self.module = module
        self.code = code
        startedAt = module.simulation.now
        processor = Processor(simulation: module.simulation) { [weak module] error in
            module?.machineFailed(error)
        }
    }

    func start() {
        let interface = ImpInterface(machine: self)
        self.interface = interface
        let firmware = module.makeProgram(code)(interface)
        self.firmware = firmware
        processor.post { try firmware.start() }
    }

    /// Ends the run and lets go of everything.
    func stop() {
        processor.stop()
        firmware?.stop()
        unpaid = { .zero }
        interface?.hardware.shutDown()
        interface = nil
        firmware = nil
        unexpectedDisconnect = nil
    }

    /// Time since the operating system handed over.
    var upTime: Duration { module.simulation.now - startedAt + unpaid() }

    /// Bytes that the program has not taken; what scans have leaked is not counted.
    var freeMemory: Int { firmware?.freeMemory ?? module.release.memory.freeAtStart }

    /// Bytes that `imp.getmemoryfree()` reports (K1).
    var reportedFreeMemory: Int {
        module.release.knownIssues.leakIsHidden ? freeMemory : max(freeMemory - module.leakedBytes, 0)
    }

    /// - Throws: the Squirrel error of a factory-only call in other firmware.
    func requireFactoryFirmware(_ call: String) throws(ImpAPIError) {
        guard code.isFactory else {
            throw ImpAPIError("\(call) is only available to factory firmware")
        }
    }

    /// - Throws: when the run is over; what a call from a left-over closure gets.
    func requireRunning() throws(ImpAPIError) {
        guard !processor.isStopped else { throw ImpAPIError("the program has ended") }
    }

    func connectionLost(_ reason: ConnectionReason) {
        switch sendPolicy {
        case .returnOnError, .returnOnErrorNoDisconnect:
            if let unexpectedDisconnect { processor.post { try unexpectedDisconnect(reason.rawValue) } }
        case .suspendOnError: whenReconnected {}
        }
    }

    /// SUSPEND_ON_ERROR: the program stands still until the server is back, then continues. After a minute without
    /// one the module sleeps for nine and tries again.
    func whenReconnected(_ continuation: @escaping Callback) {
        processor.hold()
        waitingForServer.append(continuation)
        guard waitingForServer.count == 1 else { return }
        module.connection.connect(timeout: module.release.times.suspendedTry) { [weak self] reason in
            guard let self else { return }
            guard reason == .serverConnected else { return module.snooze() }
            let waiting = waitingForServer
            waitingForServer.removeAll()
            for continuation in waiting { processor.release(continuation) }
        }
    }
}

/// What a program is given: the objects of the imp API.
public struct ImpInterface {
    /// The `imp` object.
    public let imp: ImpAPI
    /// The `hardware` object.
    public let hardware: HardwareAPI
    /// The `server` object.
    public let server: ServerAPI
    /// The `agent` object.
    public let agent: AgentLinkAPI
    /// The product that the program was written for.
    public let board: ProductBoard
    /// Bit rate that station and firmware agreed on.
    public let consoleBaud: Int
    let machine: SquirrelMachine

    init(machine: SquirrelMachine) {
        self.machine = machine
        board = machine.module.board.board
        consoleBaud = machine.module.release.factoryConsoleBaud
        imp = ImpAPI(machine: machine)
        hardware = HardwareAPI(machine: machine)
        server = ServerAPI(machine: machine)
        agent = AgentLinkAPI(machine: machine)
    }

    /// What `math.rand()` would give: another number at each start of each unit, the same when replayed.
    public func randomNumber() -> UInt32 {
        machine.module.randomNumber()
    }
}

/// A program for the module, written against `ImpInterface`.
public protocol Firmware: AnyObject {
    /// Runs once whenever Squirrel starts. Whatever it registers lives until the program stops.
    func start() throws
    /// Squirrel stops: nothing of the program may run any more.
    func stop()
    /// Bytes of the module's memory that are free; nil where the program's memory is not the module's.
    var freeMemory: Int? { get }
    /// What the program wants to find again after deep sleep: its `nv` table.
    var keptTable: SquirrelData? { get }
}

extension Firmware {
    public func stop() {}
    public var freeMemory: Int? { nil }
    public var keptTable: SquirrelData? { nil }
}

/// Which programs the cloud hands out.
public struct FirmwareLibrary: Sendable {
    /// Makes a program for a module.
    public typealias Make = @Sendable (ImpInterface) -> any Firmware

    /// For devices in the DUT group.
    public var factory: Make
    /// For devices in the production group.
    public var application: Make
    /// For devices in the fixture group; nil = they run what DUTs run.
    public var fixture: Make?
    /// SHA-256 of the DUT group's program with its libraries; nil for one that is no Squirrel.
    public var factoryDigest: SHA256Digest?
    /// The agents' halves, by the code that the device runs.
    public var agents: [ModuleConfig.Code: DeviceProgram]

    public init(
        factory: @escaping Make, application: @escaping Make, fixture: Make? = nil,
        agents: [ModuleConfig.Code: DeviceProgram] = [:]
    ) {
        self.factory = factory
        self.application = application
        self.fixture = fixture
        self.agents = agents
    }

    func program(for code: ModuleConfig.Code) -> Make {
        switch code {
        case .fixture: fixture ?? factory
        case .factory: factory
        case .application, .none: application
        }
    }
}
