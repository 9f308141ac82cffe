import Squirrel

/// A device's half in the cloud: a Squirrel program with the agent side's names.
final class Agent {
    let program: DeviceProgram
    let code: ModuleConfig.Code
    /// Which deployment to its group it came with.
    let deployment: UInt32
    let deviceID: String
    let url: String
    let processor: Processor
    let run: ScriptRun
    unowned let host: AgentHost

    var handlers: [String: (SquirrelData) throws -> Void] = [:]
    var onConnect: (() throws -> Void)?
    var onDisconnect: (() throws -> Void)?
    var onRequest: ((HTTPRequest, @escaping (HTTPResponse) -> Void) throws -> Void)?

    /// An agent runs on a server: instructions take next to no time.
    private static let figures: Release30.SquirrelFigures = {
        var figures = Release30.SquirrelFigures()
        figures.nanosecondsPerInstruction = 10
        figures.instructionsPerSlice = 50_000
        return figures
    }()

    init(
        _ program: DeviceProgram, code: ModuleConfig.Code, deployment: UInt32, deviceID: String,
        host: AgentHost
    ) {
        self.program = program
        self.code = code
        self.deployment = deployment
        self.deviceID = deviceID
        self.host = host
        url = AgentHost.url(of: deviceID)
        weak var me: Agent?
        processor = Processor(simulation: host.simulation) { [weak host] error in
            if let me { host?.failed(me, error) }
        }
        run = ScriptRun(
            program, processor: processor, simulation: host.simulation, figures: Self.figures)
        me = self
        let vm = run.vm
        // Memory of an agent: generous, but a runaway program must not take the machine with it.
        vm.memoryLimit = 64 << 20
        let simulation = host.simulation
        vm.clock = { simulation.now.elapsed.inSeconds }
        vm.wallClock = { Self.figures.epoch + simulation.now.nanoseconds / 1_000_000_000 }
        vm.onPrint = { [weak host] in host?.note(String(decoding: $0, as: UTF8.self), of: deviceID) }
        vm.onError = { [weak host] in
            host?.note("ERROR: " + String(decoding: $0, as: UTF8.self), of: deviceID)
        }
        for (name, make) in AgentNames.root { vm.root[name] = .object(make(self)) }
    }

    func start() {
        processor.post { [run] in try run.startProgram() }
    }

    func stop() {
        processor.stop()
        run.stop()
        handlers.removeAll()
        (onConnect, onDisconnect, onRequest) = (nil, nil, nil)
    }

    func deviceConnected(_ isConnected: Bool) {
        guard let callback = isConnected ? onConnect : onDisconnect else { return }
        processor.post(callback)
    }

    /// A message came from the device. It waits until the program has had its first turn.
    func receive(_ name: String, _ data: SquirrelData) {
        processor.post { [weak self] in
            guard let self else { return }
            guard let handler = handlers[name] else {
                return host.note("no handler for device message '\(name)'", of: deviceID)
            }
            try handler(data)
        }
    }

    /// A request came from the web.
    func request(_ request: HTTPRequest, answer: @escaping (HTTPResponse) -> Void) {
        processor.post { [weak self] in
            guard let onRequest = self?.onRequest else { return answer(HTTPResponse(statusCode: 404)) }
            try onRequest(request, answer)
        }
    }

    /// `imp.configparams` of the agent: the device, and in the factory the fixture that configured it.
    var configParams: [(name: String, value: SquirrelValue)] {
        var params: [(String, SquirrelValue)] = [("deviceid", .text(deviceID))]
        guard code.isFactory else { return params }
        params.append(("factoryfirmware", true))
        if code == .factory, let fixture = host.cloud.fixture(of: deviceID) {
            params.append(("factory_imp_device_id", .text(fixture)))
            params.append(("factory_fixture_url", .text(AgentHost.url(of: fixture))))
        }
        return params
    }
}

/// What an agent's root table holds besides the language's own names.
enum AgentNames {
    static let root: [(String, @Sendable (Agent) -> SquirrelObject)] = [
        ("imp", AgentBinding.imp), ("server", AgentBinding.server), ("device", AgentBinding.device),
        ("http", AgentHTTPBinding.make),
    ]

    /// Names that stand for values when an agent's program is compiled; numbers are choices.
    static let constants: [String: SquirrelData] = {
        var all: [String: SquirrelData] = ["NO_TIMEOUT": .integer(-1)]
        for (name, value) in DeviceConstants.configuration where name.hasPrefix("ENVIRONMENT_") {
            all[name] = .integer(value)
        }
        return all
    }()
}

extension DeviceProgram {
    /// A program for the agent side, with that side's constants.
    /// - Throws: `SourceError` or `CompileError`, both with file and line.
    public static func agent(
        name: String, source: [UInt8], provider: any SourceProvider = BuiltInLibraries()
    ) throws -> DeviceProgram {
        try DeviceProgram(name: name, source: source, provider: provider, constants: AgentNames.constants)
    }
}
