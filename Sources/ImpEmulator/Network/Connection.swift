import TimeAndChance

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
    /// The server's port while connected (R15).
    public private(set) var port: Int?
    /// What went over the air and the wire.
    public let packets = PacketLog()
    /// Told when a connection that stood breaks by itself.
    var onLost: (ConnectionReason) -> Void = { _ in }
    /// Told of each new stage.
    var onStage: (Stage) -> Void = { _ in }
    /// Told when the server is there, and when it is gone, for whatever reason.
    var onServer: (Bool) -> Void = { _ in }
    /// The TCP connection to the server.
    let link: TransportLink
    /// When the last attempt to connect began; BlinkUp and LED are on for a while then (R37).
    private(set) var attemptedAt: VirtualInstant?

    private let simulation: Simulation
    private let radio: Radio
    private let release: Release30
    private let serverPorts: Set<Int>
    private let candidates: () -> [AccessPoint]
    /// Raised whenever what was going on is over, so that its pending events know.
    private var attempt = 0
    private var completion: ((ConnectionReason) -> Void)?
    private var lastReason = ConnectionReason.noWiFi
    /// A name server's answer that is used instead of asking; only a release without R16 keeps one.
    private var rememberedName: NetworkPath.NameAnswer?
    private var times: Release30.BootTimes { release.times }

    /// The port of the imp server, and the one that is tried when that is blocked (R15).
    public static let ports = [31_314, 993]

    /// - Parameters:
    ///   - serverPorts: where the cloud listens.
    ///   - candidates: access points worth trying now, best first.
    init(
        simulation: Simulation, radio: Radio, release: Release30, serverPorts: Set<Int>,
        dice: SeededGenerator, candidates: @escaping () -> [AccessPoint]
    ) {
        self.simulation = simulation
        self.radio = radio
        self.release = release
        self.serverPorts = serverPorts
        self.candidates = candidates
        weak var me: Connection?
        link = TransportLink(
            simulation: simulation, log: packets, dice: dice, updatesWindow: { release.holds(.r17) },
            path: { me?.path ?? .none })
        me = self
        link.onBroken = { me?.lose(.notConnected) }
    }

    /// Whether the server can be reached.
    public var isConnected: Bool { stage == .connected }

    /// Tries to reach the server until `timeout`; only the latest completion is kept (R2).
    func connect(timeout: Duration?, completion: @escaping (ConnectionReason) -> Void) {
        if isConnected { return completion(.serverConnected) }
        self.completion = completion
        guard stage == .idle else { return }
        attempt += 1
        attemptedAt = simulation.now
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

    /// The operating system starts anew: what it remembered is gone.
    func forget() {
        disconnect()
        rememberedName = nil
        attemptedAt = nil
    }

    /// Looks again at what the environment allows now; breaks a connection that can't stand any more (R3).
    func environmentChanged() {
        guard isConnected, let joined = accessPoint else { return }
        guard let now = radio.environment.accessPoints.first(where: { $0.bssid == joined.bssid }) else {
            return lose(.noWiFi)
        }
        accessPoint = now
        if !now.network.assignsAddress { return lose(.noIPAddress) }
        if !now.network.reachesServer || now.network.nameAnswer != .right { return lose(.noServer) }
        if !now.network.keepsConnection { return lose(.notConnected) }
        if let port, now.network.blockedPorts.contains(port) { return lose(.notConnected) }
    }

    /// The radio's own firmware crashes. The system loads and joins again before anybody notices; TCP repeats what
    /// was lost meanwhile (N8).
    func radioCrashed() {
        guard stage != .idle else { return }
        packets.note(.radioRestarted, at: simulation.now)
        guard release.holds(.n8) else { return isConnected ? lose(.notConnected) : retry(.notConnected) }
        let gone = times.radioStart + times.join
        if isConnected {
            link.silence(for: gone)
        } else {
            attempt += 1
            after(gone) { [weak self] in self?.search() }
        }
    }

    /// What is behind the access point, as it is at this instant.
    private var path: NetworkPath {
        guard let accessPoint else { return .none }
        return radio.environment.accessPoints.first { $0.bssid == accessPoint.bssid }?.network ?? .none
    }

    private func search() {
        enter(.searching)
        after(times.search) { [weak self] in
            guard let self else { return }
            let found = candidates()
            guard !found.isEmpty else { return retry(.noWiFi) }
            guard !release.holds(.r19), found.count > 1 else { return join(found[...]) }
            // Before R19 every further candidate was tried out before one was chosen.
            after(times.candidateTrial * (found.count - 1)) { self.join(found[...]) }
        }
    }

    private func join(_ points: ArraySlice<AccessPoint>) {
        guard let point = points.first else { return retry(.noWiFi) }
        accessPoint = point
        packets.note(.joining(bssid: point.bssid.bareHex), at: simulation.now)
        let limit = release.holds(.r18) ? times.joinTimeout : times.shortJoinTimeout
        let needed = times.join + radio.frameDelay(of: point) * 2
        let succeeds = point.admitsStations && needed <= limit
        step(.joining, succeeds ? needed : limit) {
            guard succeeds else {
                self.packets.note(.joinFailed(bssid: point.bssid.bareHex), at: self.simulation.now)
                return self.join(points.dropFirst())
            }
            self.packets.note(.joined(bssid: point.bssid.bareHex), at: self.simulation.now)
            self.getAddress()
        }
    }

    private func getAddress() {
        let network = path
        packets.note(.addressAsked, at: simulation.now)
        step(.gettingAddress, network.assignsAddress ? times.address : times.stageGivesUp) {
            guard network.assignsAddress else { return self.retry(.noIPAddress) }
            self.packets.note(.addressAssigned, at: self.simulation.now)
            self.resolve()
        }
    }

    private func resolve() {
        if let rememberedName {
            packets.note(.nameRemembered(rememberedName), at: simulation.now)
            return step(.resolving, .milliseconds(1)) { self.use(rememberedName) }
        }
        let network = path
        packets.note(.nameQuery, at: simulation.now)
        step(.resolving, network.resolvesNames ? times.resolve : times.stageGivesUp) {
            guard network.resolvesNames else { return self.retry(.notResolved) }
            let answer = network.nameAnswer
            self.packets.note(.nameAnswer(answer), at: self.simulation.now)
            if !self.release.holds(.r16), answer != .right { self.rememberedName = answer }
            self.use(answer)
        }
    }

    private func use(_ answer: NetworkPath.NameAnswer) {
        switch answer {
        case .htmlPage: retry(.notResolved)
        case .right, .wrongAddress:
            let ports = release.holds(.r15) ? Self.ports : Array(Self.ports.prefix(1))
            reachServer(hasAddress: answer == .right, ports[...])
        }
    }

    private func reachServer(hasAddress: Bool, _ ports: ArraySlice<Int>) {
        guard let port = ports.first else { return retry(.noServer) }
        let network = path
        packets.note(.connecting(port: port), at: simulation.now)
        let answers =
            hasAddress && network.nameAnswer == .right && network.reachesServer
            && !network.blockedPorts.contains(port)
            && serverPorts.contains(port)
        step(.connecting, answers ? times.serverHello : times.portGivesUp) {
            guard answers else {
                self.packets.note(.noAnswer(port: port), at: self.simulation.now)
                return self.reachServer(hasAddress: hasAddress, ports.dropFirst())
            }
            self.packets.note(.accepted(port: port), at: self.simulation.now)
            self.connected(network, port)
        }
    }

    private func connected(_ network: NetworkPath, _ port: Int) {
        attempt += 1
        self.port = port
        enter(.connected)
        onServer(true)
        let completion = self.completion
        self.completion = nil
        completion?(.serverConnected)
        if !network.keepsConnection {
            after(.seconds(1)) { self.lose(.notConnected) }
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
        // Before R3 a break for any other reason was blamed on the server.
        let told = reason == .notConnected && !release.holds(.r3) ? .noServer : reason
        disconnect()
        onLost(told)
    }

    private func enter(_ stage: Stage) {
        let wasConnected = isConnected
        self.stage = stage
        if stage == .idle {
            accessPoint = nil
            port = nil
            radio.isConnecting = false
            if wasConnected { packets.note(.closed, at: simulation.now) }
            link.close()
        }
        onStage(stage)
        if wasConnected, stage == .idle { onServer(false) }
    }

    /// Runs `action` later unless the attempt it belongs to is over by then.
    private func after(_ delay: Duration, _ action: @escaping () -> Void) {
        let mine = attempt
        simulation.schedule(after: delay) { [weak self] in
            if self?.attempt == mine { action() }
        }
    }
}

extension NetworkPath {
    /// Nothing gets through.
    static let none = NetworkPath(
        assignsAddress: false, resolvesNames: false, reachesServer: false, keepsConnection: false)
}
