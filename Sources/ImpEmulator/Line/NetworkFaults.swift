/// Faults of router, name server and way to the server: from the start, or at `@time`, once in a unit's life.
enum NetworkFaults {
    static let rows: [FaultTable.Row] = [
        FaultTable.Row(
            name: "router-blocks", parameter: "port", allowed: "a TCP port from 1 to 65535",
            effect: "The router lets nothing through to this port: the module tries 993 after 31314.",
            example: "router-blocks:31314", isEvent: true,
            make: { text in
                guard let text, let port = Int(text), (1...65_535).contains(port) else { return nil }
                return .routerBlocks(port: port)
            }),
        lasting(
            "captive-dns", "DNS gives the portal's address for every name; a connection that stood breaks.",
            example: "captive-dns:20s@5s"
        ) { .captiveDNS($0) },
        lasting(
            "html-dns", "DNS answers with an HTML page; a connection that stood breaks.",
            example: "html-dns:20s@5s"
        ) { .htmlDNS($0) },
        lasting("no-dhcp", "The router gives no addresses.", example: "no-dhcp") { .noDHCP($0) },
        lasting("no-dns", "The name server does not answer.", example: "no-dns:30s@6s") { .noDNS($0) },
        lasting(
            "server-down", "The way to the server is interrupted behind the router.",
            example: "server-down:10s@8s"
        ) { .serverDown($0) },
        FaultTable.Row(
            name: "drop-acks", parameter: "share", allowed: "nothing (half of them), or a share from 0 to 1",
            effect: "So many of the server's acknowledgements are lost: the module repeats segments.",
            example: "drop-acks:0.5", isEvent: true,
            make: { text in
                guard let share = text.map(Double.init) ?? 0.5, (0...1).contains(share) else { return nil }
                return .dropAcks(share: share)
            }),
        FaultTable.Row(
            name: "slow-frames", parameter: "delay", allowed: "a time such as 1.5s",
            effect: "The access point's frames come late while a unit joins.", example: "slow-frames:1.5s",
            isEvent: true, make: { $0.flatMap { Duration(faultText: $0) }.map { .slowFrames($0) } }),
        FaultTable.Row(
            name: "wifi-crash", parameter: nil, allowed: "no parameter",
            effect: "The radio's own firmware crashes once; nobody should notice.", example: "wifi-crash@6s",
            isEvent: true, needsTime: true, make: { _ in .wifiCrash }),
    ]

    private static func lasting(
        _ name: String, _ effect: String, example: String,
        _ make: @escaping @Sendable (Duration?) -> Fault.Kind
    ) -> FaultTable.Row {
        FaultTable.Row(
            name: name, parameter: "how long", allowed: "nothing (for good), or a time such as 20s",
            effect: effect, example: example, isEvent: true,
            make: { text in
                guard let text else { return make(nil) }
                return Duration(faultText: text).map(make)
            })
    }

    /// A fault of this table as written, without its suffixes.
    static func text(of kind: Fault.Kind) -> String {
        func lasting(_ name: String, _ time: Duration?) -> String {
            time.map { "\(name):\($0.wholeNanoseconds / 1_000_000)ms" } ?? name
        }
        return switch kind {
        case .routerBlocks(let port): "router-blocks:\(port)"
        case .captiveDNS(let time): lasting("captive-dns", time)
        case .htmlDNS(let time): lasting("html-dns", time)
        case .noDHCP(let time): lasting("no-dhcp", time)
        case .noDNS(let time): lasting("no-dns", time)
        case .serverDown(let time): lasting("server-down", time)
        case .dropAcks(let share): "drop-acks:\(share)"
        case .slowFrames(let delay): "slow-frames:\(delay.wholeNanoseconds / 1_000_000)ms"
        case .wifiCrash: "wifi-crash"
        default: ""
        }
    }
}

extension Fault.Kind {
    /// Whether it concerns what is behind the access points.
    var isOfNetwork: Bool { !NetworkFaults.text(of: self).isEmpty }

    /// What it does to an access point, how to mend it, and after how long that happens.
    fileprivate var effect:
        (
            harm: (inout AccessPoint) -> Void, mend: (inout AccessPoint) -> Void, time: Duration?
        )?
    {
        switch self {
        case .routerBlocks(let port):
            ({ $0.network.blockedPorts.insert(port) }, { $0.network.blockedPorts.remove(port) }, nil)
        case .captiveDNS(let time):
            ({ $0.network.nameAnswer = .wrongAddress }, { $0.network.nameAnswer = .right }, time)
        case .htmlDNS(let time):
            ({ $0.network.nameAnswer = .htmlPage }, { $0.network.nameAnswer = .right }, time)
        case .noDHCP(let time):
            ({ $0.network.assignsAddress = false }, { $0.network.assignsAddress = true }, time)
        case .noDNS(let time):
            ({ $0.network.resolvesNames = false }, { $0.network.resolvesNames = true }, time)
        case .serverDown(let time):
            ({ $0.network.reachesServer = false }, { $0.network.reachesServer = true }, time)
        case .dropAcks(let share):
            ({ $0.network.acknowledgementLoss = share }, { $0.network.acknowledgementLoss = 0 }, nil)
        case .slowFrames(let delay): ({ $0.frameDelay = delay }, { $0.frameDelay = .zero }, nil)
        default: nil
        }
    }
}

extension EmulatedModule {
    /// Something goes wrong around this module now.
    func suffer(_ fault: Fault.Kind) {
        if fault == .wifiCrash { return connection.radioCrashed() }
        guard let effect = fault.effect else { return }
        change(effect.harm)
        guard let time = effect.time else { return }
        simulation.schedule(after: time) { [weak self] in self?.change(effect.mend) }
    }

    private func change(_ body: (inout AccessPoint) -> Void) {
        var environment = radio.environment
        for index in environment.accessPoints.indices { body(&environment.accessPoints[index]) }
        radio.environment = environment
    }
}
