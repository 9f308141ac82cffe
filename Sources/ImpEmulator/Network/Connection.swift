/// The module's way to the server, stage by stage, as impOS walks it on its own.
public final class Connection {
    /// How far the way to the server has been walked.
    public enum Stage: String, Sendable {
        case idle, searching, joining, gettingAddress, resolving, connecting, connected
    }

    /// Where the module stands now.
    public private(set) var stage = Stage.idle
    /// The access point that the module is joined to, or being joined to.
    public private(set) var accessPoint: AccessPoint?
    /// Told when a connection that stood breaks by itself.
    var onLost: (ConnectionReason) -> Void = { _ in }
    /// Told of each new stage.
    var onStage: (Stage) -> Void = { _ in }

    private let simulation: Simulation
    private let radio: Radio
    private let times: Release30.BootTimes
    private let candidate: () -> AccessPoint?
    /// Raised whenever what was going on is over, so that its pending events know.
    private var attempt = 0
    private var completion: ((ConnectionReason) -> Void)?
    private var lastReason = ConnectionReason.noWiFi

    init(
        simulation: Simulation, radio: Radio, times: Release30.BootTimes,
        candidate: @escaping () -> AccessPoint?
    ) {
        self.simulation = simulation
        self.radio = radio
        self.times = times
        self.candidate = candidate
    }

    /// Whether the server can be reached.
    public var isConnected: Bool { stage == .connected }

    /// Tries to reach the server until `timeout`; only the latest completion is kept (R2).
    func connect(timeout: Duration?, completion: @escaping (ConnectionReason) -> Void) {
        if isConnected { return completion(.serverConnected) }
        self.completion = completion
        guard stage == .idle else { return }
        attempt += 1
        lastReason = .noWiFi
        radio.isConnecting = true
        if let timeout {
            after(timeout) { [weak self] in self?.giveUp() }
        }
        search()
    }

    /// Leaves the network; nobody is told.
    func disconnect() {
        attempt += 1
        completion = nil
        enter(.idle)
    }

    /// Looks again at what the environment allows now; breaks a connection that can't stand any more (R3).
    func environmentChanged() {
        guard isConnected, let joined = accessPoint else { return }
        guard let now = radio.environment.accessPoints.first(where: { $0.bssid == joined.bssid }) else {
            return lose(.noWiFi)
        }
        accessPoint = now
        if !now.network.assignsAddress { return lose(.noIPAddress) }
        if !now.network.reachesServer { return lose(.noServer) }
        if !now.network.keepsConnection { return lose(.notConnected) }
    }

    private func search() {
        enter(.searching)
        after(times.search) { [weak self] in
            guard let self else { return }
            guard let point = candidate() else { return retry(.noWiFi) }
            accessPoint = point
            step(.joining, times.join) { self.getAddress(point.network) }
        }
    }

    private func getAddress(_ network: NetworkPath) {
        step(.gettingAddress, network.assignsAddress ? times.address : times.stageGivesUp) {
            guard network.assignsAddress else { return self.retry(.noIPAddress) }
            self.resolve(network)
        }
    }

    private func resolve(_ network: NetworkPath) {
        step(.resolving, network.resolvesNames ? times.resolve : times.stageGivesUp) {
            guard network.resolvesNames else { return self.retry(.notResolved) }
            self.reachServer(network)
        }
    }

    private func reachServer(_ network: NetworkPath) {
        step(.connecting, network.reachesServer ? times.serverHello : times.stageGivesUp) {
            guard network.reachesServer else { return self.retry(.noServer) }
            self.attempt += 1
            self.enter(.connected)
            let completion = self.completion
            self.completion = nil
            completion?(.serverConnected)
            if !network.keepsConnection {
                self.after(.seconds(1)) { self.lose(.notConnected) }
            }
        }
    }

    private func step(_ stage: Stage, _ duration: Duration, then next: @escaping () -> Void) {
        enter(stage)
        after(duration) { next() }
    }

    private func retry(_ reason: ConnectionReason) {
        lastReason = reason
        after(times.retryPause) { [weak self] in self?.search() }
    }

    private func giveUp() {
        let completion = self.completion
        let reason = lastReason
        disconnect()
        completion?(reason)
    }

    private func lose(_ reason: ConnectionReason) {
        disconnect()
        onLost(reason)
    }

    private func enter(_ stage: Stage) {
        self.stage = stage
        if stage == .idle {
            accessPoint = nil
            radio.isConnecting = false
        }
        onStage(stage)
    }

    /// Runs `action` later unless the attempt it belongs to is over by then.
    private func after(_ delay: Duration, _ action: @escaping () -> Void) {
        let mine = attempt
        simulation.schedule(after: delay) { [weak self] in
            if self?.attempt == mine { action() }
        }
    }
}
