import Squirrel

/// Agents of one simulation: for each device that is or was in it and whose firmware has an agent, one program in the
/// cloud. What agents save outlives the simulation (`EmulatedCloud`).
public final class AgentHost {
    let simulation: Simulation
    let cloud: EmulatedCloud
    private let library: FirmwareLibrary
    private var agents: [String: Agent] = [:]
    private var devices: [String: () -> EmulatedModule?] = [:]
    private var deploymentsSeen: Int

    /// What agents logged, as `deviceID: text`; the newest last, at most 500 lines.
    public private(set) var log: [String] = []
    /// What agents asked for by HTTP, oldest first, at most 500.
    public private(set) var requests: [(method: String, url: String, statusCode: Int)] = []

    /// How long an agent that failed stays away; a choice.
    static let restartPause = Duration.seconds(1)
    /// From an agent to another through the web; a choice.
    static let agentLatency = Duration.milliseconds(160)
    /// What an agent may take to answer a request.
    static let answerTime = Duration.seconds(60)

    init(simulation: Simulation, cloud: EmulatedCloud, library: FirmwareLibrary) {
        self.simulation = simulation
        self.cloud = cloud
        self.library = library
        deploymentsSeen = cloud.deploymentCount
        simulation.onPull = { [weak self] in self?.lookForDeployments() }
    }

    /// Deploying is done from outside of the simulation: whoever lets its time go on looks first.
    private func lookForDeployments() {
        let count = cloud.deploymentCount
        guard count != deploymentsSeen else { return }
        deploymentsSeen = count
        for name in agents.keys.sorted() {
            if let agent = agents[name] { assigned(agent.code, deviceID: name) }
        }
        for name in devices.keys.sorted() { devices[name]?()?.lookForDeployment() }
    }

    /// A device joins the simulation.
    func add(_ module: EmulatedModule) {
        devices[module.deviceID.text] = { [weak module] in module }
        module.agents = self
    }

    /// The agent of a device, if its firmware has one.
    func agent(of deviceID: String) -> Agent? { agents[deviceID] }

    /// The public address of a device's agent. Its last part is opaque on the platform; here it derives from the device.
    static func url(of deviceID: String) -> String {
        "https://agent.electricimp.com/" + String(EmulatedCloud.impID(of: "agent " + deviceID).prefix(12))
    }

    // MARK: Devices

    /// The device has reached the server and will run this code: its agent is started, or replaced by that of the new
    /// code.
    func assigned(_ code: ModuleConfig.Code, to module: EmulatedModule) {
        assigned(code, deviceID: module.deviceID.text)
    }

    private func assigned(_ code: ModuleConfig.Code, deviceID: String) {
        let deployment = cloud.deployment(to: code.group)
        if let present = agents[deviceID], present.code == code, present.deployment == deployment { return }
        agents.removeValue(forKey: deviceID)?.stop()
        guard let program = cloud.agentProgram(of: code.group) ?? library.agents[code] else { return }
        start(program, code: code, deployment: deployment, deviceID: deviceID)
    }

    private func start(
        _ program: DeviceProgram, code: ModuleConfig.Code, deployment: UInt32, deviceID: String
    ) {
        let agent = Agent(program, code: code, deployment: deployment, deviceID: deviceID, host: self)
        agents[deviceID] = agent
        agent.start()
    }

    /// An error left the agent's program: it starts again.
    func failed(_ agent: Agent, _ error: any Error) {
        for line in "\(error)".split(separator: "\n") { note(String(line), of: agent.deviceID) }
        agent.stop()
        simulation.schedule(after: Self.restartPause) { [weak self] in
            guard let self, agents[agent.deviceID] === agent else { return }
            start(
                agent.program, code: agent.code, deployment: agent.deployment, deviceID: agent.deviceID)
        }
    }

    /// The device's connection came or went.
    func connectionChanged(_ module: EmulatedModule, isConnected: Bool) {
        agents[module.deviceID.text]?.deviceConnected(isConnected)
    }

    /// Whether a device is on the server.
    func isConnected(_ deviceID: String) -> Bool {
        devices[deviceID]?()?.connection.isConnected ?? false
    }

    // MARK: Messages

    func deliver(_ name: String, _ data: SquirrelData, from module: EmulatedModule?) {
        guard let module else { return }
        guard let agent = agents[module.deviceID.text] else {
            return module.note("there is no agent for message '\(name)'")
        }
        agent.receive(name, data)
    }

    /// `device.send`: what is sent while the device is away is lost.
    func send(_ name: String, _ data: SquirrelData, to deviceID: String) {
        guard let module = devices[deviceID]?(), module.connection.isConnected else { return }
        let data = data.asSent
        module.connection.link.receive(name.utf8.count + data.wireSize + ServerAPI.messageOverhead) {
            [weak module] in
            module?.machine?.interface?.agent.receive(name, data)
        }
    }

    func note(_ text: String, of deviceID: String) {
        log.append("\(deviceID): \(text)")
        if log.count > 500 { log.removeFirst(log.count - 500) }
        devices[deviceID]?()?.note("[agent] " + text)
    }

    // MARK: Web

    /// Carries a request out; `done` gets the response when it has come, unless it is called off before.
    /// - Returns: the event that can be called off.
    func perform(
        _ request: HTTPRequest, timeout: Duration?, done: @escaping (HTTPResponse) -> Void
    ) -> Simulation.Event {
        let finish: (HTTPResponse) -> Void = { [weak self] response in
            self?.remember(request, response)
            done(response)
        }
        guard EmulatedInternet.isURL(request.url) else {
            return simulation.schedule(after: .milliseconds(1)) { finish(.malformedURL) }
        }
        if let agent = agents.values.first(where: { request.url.isAddress(under: $0.url) }) {
            return ask(agent, request, timeout: timeout, finish)
        }
        guard let endpoint = cloud.internet.endpoint(for: request.url) else {
            return simulation.schedule(after: .milliseconds(20)) { finish(.unresolvedHost) }
        }
        let limit = timeout ?? .seconds(600)
        guard let response = endpoint.answer(request), endpoint.latency <= limit else {
            return simulation.schedule(after: limit) { finish(.timeout) }
        }
        return simulation.schedule(after: endpoint.latency) { finish(response) }
    }

    private func ask(
        _ agent: Agent, _ request: HTTPRequest, timeout: Duration?,
        _ finish: @escaping (HTTPResponse) -> Void
    ) -> Simulation.Event {
        let limit = min(timeout ?? Self.answerTime, Self.answerTime)
        let expiry = simulation.schedule(after: limit) { finish(.timeout) }
        simulation.schedule(after: Self.agentLatency / 2) { [simulation] in
            agent.request(request) { response in
                simulation.schedule(after: Self.agentLatency / 2) {
                    guard expiry.isPending else { return }
                    expiry.cancel()
                    finish(response)
                }
            }
        }
        return expiry
    }

    private func remember(_ request: HTTPRequest, _ response: HTTPResponse) {
        requests.append((request.method, request.url, response.statusCode))
        if requests.count > 500 { requests.removeFirst(requests.count - 500) }
    }

    /// Somebody outside asks an agent: what a test or a person does with a browser.
    public func ask(_ request: HTTPRequest, done: @escaping (HTTPResponse) -> Void) {
        _ = perform(request, timeout: nil, done: done)
    }
}

extension String {
    /// Whether this URL is `base` or lies below it.
    func isAddress(under base: String) -> Bool {
        guard hasPrefix(base) else { return false }
        let rest = utf8.dropFirst(base.utf8.count)
        return rest.first.map { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? true
    }
}
