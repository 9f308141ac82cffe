/// The wires of one board, what the module's pins do to them, and what the fixture's probes do.
final class BoardNets {
    let simulation: Simulation
    /// In the order of their first pin.
    let nets: [Net]
    private let netOfPin: [PinName: Net]
    private let pinSources: [PinName: NetSource]
    private var probes: [PinName: NetSource] = [:]
    private var recorded: [Net] = []
    private var recordingStart: VirtualInstant?

    /// - Parameter wires: pins that are connected.
    init(wires: [(PinName, PinName)], simulation: Simulation) {
        self.simulation = simulation
        var group = Dictionary(uniqueKeysWithValues: PinName.allCases.map { ($0, $0) })
        for (from, to) in wires {
            guard let kept = group[from], let joined = group[to] else { continue }
            for (pin, name) in group where name == joined { group[pin] = kept }
        }
        var nets: [Net] = []
        var netOfPin: [PinName: Net] = [:]
        var pinSources: [PinName: NetSource] = [:]
        for pin in PinName.allCases where netOfPin[pin] == nil {
            let pins = PinName.allCases.filter { group[$0] == group[pin] }
            let net = Net(pins: pins, simulation: simulation)
            nets.append(net)
            for member in pins {
                netOfPin[member] = net
                let source = NetSource(name: member.description)
                net.attach(source)
                pinSources[member] = source
            }
        }
        self.nets = nets
        self.netOfPin = netOfPin
        self.pinSources = pinSources
    }

    /// The wire at a pin. Every pin has one.
    func net(of pin: PinName) -> Net {
        netOfPin[pin] ?? nets[0]
    }

    /// The module's pin as a source.
    func source(of pin: PinName) -> NetSource {
        pinSources[pin] ?? nets[0].sources[0]
    }

    /// A probe of the fixture at a pin's net; it floats until it is told otherwise.
    func probe(at pin: PinName) -> NetSource {
        if let probe = probes[pin] { return probe }
        let probe = NetSource(name: "fixture \(pin.rawValue)")
        net(of: pin).attach(probe)
        probes[pin] = probe
        return probe
    }

    /// All probes float.
    func releaseProbes() {
        for probe in probes.values { probe.set(.floating, at: simulation.now) }
    }

    func state(of pin: PinName) -> NetState { net(of: pin).state(at: simulation.now) }

    // MARK: Recording

    /// Keeps what happens from now on; a recording that runs is thrown away.
    /// - Parameter pins: nil for all.
    func beginRecording(_ pins: [PinName]? = nil) {
        endRecording()
        recorded = nets.filter { net in pins.map { !$0.allSatisfy { !net.pins.contains($0) } } ?? true }
        recordingStart = simulation.now
        for net in recorded { net.beginHistory(at: simulation.now) }
    }

    /// What was recorded up to now; nil when nothing is being recorded.
    func trace() -> LogicTrace? {
        guard let start = recordingStart else { return nil }
        let channels = recorded.map { net in
            let (changes, isTruncated) = net.changes(from: start, to: simulation.now)
            let isAnalog = changes.contains {
                $0.level != .conflict && $0.fraction > 0.02 && $0.fraction < 0.98
            }
            return LogicTrace.Channel(
                name: net.name, changes: changes, isAnalog: isAnalog, isTruncated: isTruncated)
        }
        return LogicTrace(start: start, end: simulation.now, channels: channels)
    }

    /// Throws the recording away; nothing is kept from now on.
    func endRecording() {
        for net in recorded { net.endHistory() }
        recorded = []
        recordingStart = nil
    }
}
