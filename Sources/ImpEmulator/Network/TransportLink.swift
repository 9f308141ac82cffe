import TimeAndChance

/// The TCP connection between a module and the server, segment by segment: what has to be repeated, and who waits for
/// whom. Coarse where nobody could measure it: no slow start, no reordering.
final class TransportLink {
    /// Figures of the module's TCP. The send buffer's size is the vendor's (about 3 KB are freed by disconnecting);
    /// the others are choices.
    struct Figures: Sendable, Equatable {
        /// Data bytes of a full segment.
        var segment = 1_460
        /// Bytes that may be unacknowledged; beyond, a call waits.
        var sendBuffer = 2_920
        /// What the module takes before the server has to wait for its window update.
        var receiveWindow = 4_096
        /// What the wire and the radio need for a full segment.
        var segmentTime = Duration.milliseconds(2)
        /// What the module needs to take a full window out of its receive buffer.
        var drainTime = Duration.milliseconds(6)
        /// The first repetition comes so late; each further one after twice the time, up to `longestWait`.
        var retransmitAfter = Duration.milliseconds(600)
        var longestWait = Duration.seconds(8)
        /// Repetitions of one segment before the connection counts as broken.
        var attempts = 8
        /// The server asks for a window that stays closed after so long.
        var probeAfter = Duration.milliseconds(500)
    }

    private struct Segment {
        var bytes: Int
        var attempt = 0
        var isDelivered = false
        var delivered: (() -> Void)?
    }

    private let simulation: Simulation
    private let log: PacketLog
    private let figures = Figures()
    private let updatesWindow: () -> Bool
    private let path: () -> NetworkPath
    private var dice: SeededGenerator
    /// A segment was repeated so often that the connection is given up.
    var onBroken: () -> Void = {}
    /// A segment is being repeated.
    var onRetransmission: () -> Void = {}

    private var queue: [Segment] = []
    private var flying: [Int: Segment] = [:]
    private var nextNumber = 0
    private var inbound: [(bytes: Int, delivered: () -> Void)] = []
    private var isReceiving = false
    private var watchers: [(number: Int, done: (Bool) -> Void)] = []
    private var nextWatcher = 0
    /// Raised when a connection ends, so that what was on its way knows.
    private var life = 0
    /// Nothing goes over the air before this instant.
    private var radioSilentUntil = VirtualInstant.start

    /// - Parameters:
    ///   - updatesWindow: whether the module tells the server of new room by itself (R17).
    ///   - path: what is behind the access point now.
    init(
        simulation: Simulation, log: PacketLog, dice: SeededGenerator,
        updatesWindow: @escaping () -> Bool, path: @escaping () -> NetworkPath
    ) {
        self.simulation = simulation
        self.log = log
        self.dice = dice
        self.updatesWindow = updatesWindow
        self.path = path
    }

    /// Bytes that the server has not acknowledged.
    var pending: Int {
        flying.values.reduce(0) { $0 + $1.bytes } + queue.reduce(0) { $0 + $1.bytes }
    }

    /// Whether the send buffer has room for so many more bytes.
    func fits(_ bytes: Int) -> Bool { pending + bytes <= figures.sendBuffer }

    /// The connection is over; what was on its way is lost, who waits is told.
    func close() {
        life += 1
        queue.removeAll()
        flying.removeAll()
        inbound.removeAll()
        isReceiving = false
        let waiting = watchers
        watchers.removeAll()
        for watcher in waiting { watcher.done(false) }
    }

    /// The radio is gone for a while; what is sent meanwhile is lost and comes again.
    func silence(for duration: Duration) {
        radioSilentUntil = max(radioSilentUntil, simulation.now + duration)
    }

    // MARK: To the server

    /// Puts a message into the send buffer; `delivered` runs when the server has all of it.
    func send(_ bytes: Int, delivered: @escaping () -> Void = {}) {
        var rest = max(bytes, 1)
        while rest > 0 {
            let size = min(rest, figures.segment)
            rest -= size
            queue.append(Segment(bytes: size, delivered: rest == 0 ? delivered : nil))
        }
        pump()
    }

    /// Runs `done` as soon as no more than the send buffer is unacknowledged.
    func whenBuffered(within limit: Duration, _ done: @escaping (Bool) -> Void) {
        watch(upTo: figures.sendBuffer, within: limit, done)
    }

    /// Runs `done` when everything is acknowledged, or with false when that takes longer than `limit`.
    func whenAcknowledged(within limit: Duration, _ done: @escaping (Bool) -> Void) {
        watch(upTo: 0, within: limit, done)
    }

    private var thresholds: [Int: Int] = [:]

    private func watch(upTo bytes: Int, within limit: Duration, _ done: @escaping (Bool) -> Void) {
        guard pending > bytes else { return done(true) }
        let number = nextWatcher
        nextWatcher += 1
        thresholds[number] = bytes
        watchers.append((number, done))
        simulation.schedule(after: max(limit, .zero)) { [weak self] in
            guard let self, let index = watchers.firstIndex(where: { $0.number == number }) else { return }
            let watcher = watchers.remove(at: index)
            thresholds[number] = nil
            watcher.done(false)
        }
    }

    private func tellWatchers() {
        let now = pending
        while let index = watchers.firstIndex(where: { now <= thresholds[$0.number] ?? 0 }) {
            let watcher = watchers.remove(at: index)
            thresholds[watcher.number] = nil
            watcher.done(true)
        }
    }

    private func pump() {
        while let next = queue.first,
            flying.isEmpty || flying.values.reduce(next.bytes, { $0 + $1.bytes }) <= figures.sendBuffer
        {
            queue.removeFirst()
            let number = nextNumber
            nextNumber += 1
            flying[number] = next
            transmit(number)
        }
    }

    private func transmit(_ number: Int) {
        guard let segment = flying[number] else { return }
        let again = segment.attempt > 0
        log.note(.sent(bytes: segment.bytes, retransmission: again), at: simulation.now)
        if again { onRetransmission() }
        let isHeard = simulation.now >= radioSilentUntil
        let path = path()
        let wire = figures.segmentTime * segment.bytes / figures.segment
        if isHeard, path.reachesServer {
            after(path.roundTrip / 2 + wire) { self.arrive(number) }
            if !dice.happens(withProbability: path.acknowledgementLoss) {
                after(path.roundTrip + wire) { self.acknowledge(number) }
            }
        }
        let attempt = segment.attempt
        var wait = figures.retransmitAfter
        for _ in 0..<min(attempt, 10) { wait = min(wait * 2, figures.longestWait) }
        after(wait) {
            guard self.flying[number]?.attempt == attempt else { return }
            guard attempt + 1 < self.figures.attempts else { return self.onBroken() }
            self.flying[number]?.attempt += 1
            self.transmit(number)
        }
    }

    private func arrive(_ number: Int) {
        guard let segment = flying[number], !segment.isDelivered else { return }
        flying[number]?.isDelivered = true
        let mine = life
        // The server reads in order: what overtook a lost segment waits for it.
        for waiting in flying.keys.sorted() {
            guard mine == life, let next = flying[waiting], next.isDelivered else { return }
            flying[waiting]?.delivered = nil
            next.delivered?()
        }
    }

    private func acknowledge(_ number: Int) {
        guard let segment = flying[number], segment.isDelivered else { return }
        // Cumulative: an acknowledgement covers everything before it that has arrived.
        for earlier in flying.keys.sorted() where earlier <= number {
            guard let done = flying[earlier], done.isDelivered else { return }
            flying[earlier] = nil
            log.note(.acknowledged(bytes: done.bytes), at: simulation.now)
        }
        pump()
        tellWatchers()
    }

    // MARK: From the server

    /// The server sends a message; `delivered` runs when the module has all of it.
    func receive(_ bytes: Int, delivered: @escaping () -> Void) {
        inbound.append((max(bytes, 1), delivered))
        if !isReceiving { receiveNext() }
    }

    private func receiveNext() {
        guard let next = inbound.first else {
            isReceiving = false
            return
        }
        isReceiving = true
        after(path().roundTrip / 2) { self.receiveWindow(of: next.bytes) }
    }

    /// One window's worth arrives and is taken out; the rest waits until the server knows that there is room.
    private func receiveWindow(of bytes: Int) {
        let size = min(bytes, figures.receiveWindow)
        let wire = figures.segmentTime * size / figures.segment
        after(wire + max(radioSilentUntil - simulation.now, .zero)) {
            self.log.note(.received(bytes: size), at: self.simulation.now)
            let rest = bytes - size
            guard rest > 0 else {
                let done = self.inbound.removeFirst()
                done.delivered()
                return self.receiveNext()
            }
            self.after(self.figures.drainTime) { self.reopen(rest: rest) }
        }
    }

    private func reopen(rest: Int) {
        let halfWay = path().roundTrip / 2
        if updatesWindow() {
            log.note(.windowUpdate(bytes: figures.receiveWindow), at: simulation.now)
            after(halfWay * 2) { self.receiveWindow(of: rest) }
        } else {
            after(figures.probeAfter) {
                self.log.note(.windowProbe, at: self.simulation.now)
                self.after(halfWay * 2) { self.receiveWindow(of: rest) }
            }
        }
    }

    private func after(_ delay: Duration, _ action: @escaping () -> Void) {
        let mine = life
        simulation.schedule(after: delay) { [weak self] in
            if self?.life == mine { action() }
        }
    }
}
