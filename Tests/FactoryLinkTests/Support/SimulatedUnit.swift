import TimeAndChance

@testable import FactoryLink

/// What a bad line does to the bytes on it.
struct LineFaults: Sendable {
    /// Per byte.
    var loss = 0.0
    var bitFlip = 0.0
    var insertion = 0.0
    /// Per write: the same bytes twice, the end cut off, held up by up to 300 ms, console text before it.
    var duplication = 0.0
    var truncation = 0.0
    var delay = 0.0
    var chatter = 0.0

    func mangle(_ bytes: [UInt8], _ chance: inout SeededGenerator) -> [UInt8] {
        var output: [UInt8] = []
        if chance.happens(withProbability: chatter) {
            output += Array("I (\(bytes.count)) wifi: state\r\n".utf8)
        }
        var sent = bytes
        if chance.happens(withProbability: truncation) {
            sent.removeLast(Int.random(in: 0...sent.count, using: &chance))
        }
        if chance.happens(withProbability: duplication) { sent += sent }
        let perByte = loss + bitFlip + insertion
        guard perByte > 0 else { return output + sent }
        for byte in sent {
            guard chance.happens(withProbability: perByte) else {
                output.append(byte)
                continue
            }
            let which = Double.random(in: 0..<perByte, using: &chance)
            if which < loss { continue }
            output.append(
                which < loss + bitFlip ? byte ^ (1 << UInt8.random(in: 0...7, using: &chance)) : byte)
            if which >= loss + bitFlip { output.append(UInt8.random(in: 0...255, using: &chance)) }
        }
        return output
    }
}

/// How the simulated firmware deals with requests.
struct UnitBehaviour: Sendable {
    var limits = LinkLimits.firmwareWithFlowControl
    var bitRate = 921_600
    /// Adapter and USB: each direction, each write.
    var latency = Duration.milliseconds(1)
    /// Bytes that wait in the UART while the firmware is busy with something; nil: RTS/CTS, nothing is lost.
    var fifo: Int?
    /// The firmware looks after its UART this often.
    var service = Duration.zero
    var faults = LineFaults()
    /// Carries out a request: how long it takes, whether nothing else is served meanwhile, and the answer.
    var execute: @Sendable (LinkRequest) -> (takes: Duration, blocking: Bool, answer: LinkAnswer) = {
        request in
        (.zero, false, .result(request.arguments))
    }
    /// Restart at these times; requests being carried out are lost.
    var reboots: [Duration] = []
    var logEvery: Duration?
}

/// A unit with real `LinkServer` behind a simulated line, and the clock of it all. Time moves only when the
/// client waits, so a run depends on nothing but its seed.
actor SimulatedUnit: ByteStream, TimeSource {
    private enum Event {
        case toUnit([UInt8])
        case toStation([UInt8])
        case finished(session: UInt32, sequence: UInt16, LinkAnswer)
        case reboot
        case log
        case service
    }

    private(set) var clock = Duration.zero
    private var events: [(at: Duration, order: Int, event: Event)] = []
    private var order = 0
    private let behaviour: UnitBehaviour
    private var chance: SeededGenerator
    private var server: LinkServer
    private var lineFree = (toUnit: Duration.zero, toStation: Duration.zero)
    private var fifo: [UInt8] = []
    private var blockedUntil = Duration.zero
    private var isServicePlanned = false
    private var inbox: [UInt8] = []

    /// How often each request was carried out, by its session and number.
    private(set) var executions: [String: Int] = [:]
    private(set) var executed: [LinkRequest] = []
    private(set) var overrun = 0
    private(set) var bytesToUnit = 0
    private(set) var bytesToStation = 0

    init(_ behaviour: UnitBehaviour = UnitBehaviour(), seed: UInt64) {
        self.behaviour = behaviour
        chance = SeededGenerator(seed: seed)
        server = LinkServer(
            session: UInt32(truncatingIfNeeded: chance.next()), limits: behaviour.limits,
            firmware: "simulated 1.0")
        for (index, time) in behaviour.reboots.enumerated() { events.append((time, -1000 + index, .reboot)) }
        if let every = behaviour.logEvery { events.append((every, -1, .log)) }
    }

    func now() -> Duration { clock }

    func sleep(for duration: Duration) throws {
        try Task.checkCancellation()
        if duration > .zero { run(until: clock + duration) }
    }

    func write(_ bytes: [UInt8]) {
        bytesToUnit += bytes.count
        transmit(behaviour.faults.mangle(bytes, &chance), toUnit: true)
    }

    func read(timeout: Duration) throws -> [UInt8] {
        try Task.checkCancellation()
        let deadline = clock + timeout
        while inbox.isEmpty, let next = nextTime(), next <= deadline { run(until: next) }
        if inbox.isEmpty { run(until: deadline) }
        defer { inbox.removeAll() }
        return inbox
    }

    private func transmit(_ bytes: [UInt8], toUnit: Bool) {
        var start = max(clock + behaviour.latency, toUnit ? lineFree.toUnit : lineFree.toStation)
        if chance.happens(withProbability: behaviour.faults.delay) {
            start += .milliseconds(Int.random(in: 1...300, using: &chance))
        }
        // In pieces of at most 32 bytes, each there when its last bit is.
        for first in stride(from: 0, to: bytes.count, by: 32) {
            let piece = Array(bytes[first..<min(first + 32, bytes.count)])
            start += .nanoseconds(Int64(piece.count) * 10_000_000_000 / Int64(behaviour.bitRate))
            plan(at: start, toUnit ? .toUnit(piece) : .toStation(piece))
        }
        if toUnit { lineFree.toUnit = start } else { lineFree.toStation = start }
    }

    private func plan(at time: Duration, _ event: Event) {
        order += 1
        // Nearly always the latest: look for its place from the end.
        var place = events.count
        while place > 0, events[place - 1].at > time { place -= 1 }
        events.insert((time, order, event), at: place)
    }

    private func nextTime() -> Duration? {
        let tick = server.nextTick.map { max($0, blockedUntil, clock) }
        guard let first = events.first?.at else { return tick }
        return min(first, tick ?? first)
    }

    private func run(until time: Duration) {
        while let next = nextTime(), next <= time {
            clock = max(clock, next)
            if let first = events.first, first.at <= clock {
                events.removeFirst()
                handle(first.event)
            } else {
                perform(server.tick(now: clock))
            }
        }
        clock = max(clock, time)
    }

    private func handle(_ event: Event) {
        switch event {
        case .toStation(let bytes):
            inbox += bytes
        case .toUnit(let bytes):
            for byte in bytes {
                if let size = behaviour.fifo, fifo.count >= size { overrun += 1 } else { fifo.append(byte) }
            }
            guard !isServicePlanned else { return }
            isServicePlanned = true
            plan(at: max(clock, blockedUntil) + behaviour.service, .service)
        case .service:
            isServicePlanned = false
            let bytes = fifo
            fifo.removeAll()
            perform(server.receive(bytes, now: clock))
        case .finished(let session, let sequence, let answer):
            if session == server.session { perform(server.respond(to: sequence, with: answer, now: clock)) }
        case .reboot:
            fifo.removeAll()
            server = LinkServer(
                session: UInt32(truncatingIfNeeded: chance.next()), limits: behaviour.limits,
                firmware: "simulated 1.0")
            transmit(Array("boot: rev 3\r\nloading\r\n".utf8), toUnit: false)
            perform(server.start(now: clock))
        case .log:
            perform(server.log("tick at \(clock)", now: clock))
            if let every = behaviour.logEvery { plan(at: clock + every, .log) }
        }
    }

    private func perform(_ actions: [LinkServer.Action]) {
        for action in actions {
            switch action {
            case .send(let bytes):
                bytesToStation += bytes.count
                transmit(behaviour.faults.mangle(bytes, &chance), toUnit: false)
            case .execute(let sequence, let request):
                executions["\(server.session)/\(sequence)", default: 0] += 1
                executed.append(request)
                let work = behaviour.execute(request)
                if work.blocking { blockedUntil = clock + work.takes }
                if work.takes == .zero {
                    perform(server.respond(to: sequence, with: work.answer, now: clock))
                } else {
                    plan(
                        at: clock + work.takes,
                        .finished(session: server.session, sequence: sequence, work.answer))
                }
            case .abandoned:
                continue
            }
        }
    }
}
