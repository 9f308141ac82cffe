import SerialNOR
import Synchronization
import TimeAndChance
import USBTransport

/// A serial flash chip behind an FTDI chip's MPSSE, and the channel's other pins.
///
/// A batch becomes a few programs that follow each other without a gap. Behind a poll for "not busy" the next commands
/// are queued already: a wait as clock cycles, a few looks at the status, then on. When the looks show that the chip
/// needed longer, everything queued behind is done again from there. That is safe because a busy chip ignores every
/// command but a status read, and because programming and erasing the same again, in the same order, ends in the same
/// content. It is done only behind polls of bit 0 and only before commands of which that is true (`queueable`).
public final class MPSSEBus: SPIBus {
    /// What went over USB so far.
    public struct Counters: Sendable, Equatable {
        /// Times that the station had to wait for the adapter's answer.
        public var roundTrips = 0
        public var bytesOut = 0
        public var bytesIn = 0
        /// Polls for which the queued looks were too early.
        public var overruns = 0
        public var resynchronisations = 0
    }

    let channel: FTDIChannel
    private let link: MPSSELink
    private let turn = AsyncTurn()
    /// Bits per second on the bus.
    public let clockHertz: Int
    private let label: String

    private struct State {
        var pins = PinImage.floating
        var estimates: [EstimateKey: PollEstimate] = [:]
        var overruns = 0
        var abandoned = false
        var needsSynchronising = false
        var isGone = false
    }

    private struct EstimateKey: Hashable {
        var opcode: UInt8
        var typical: Duration
    }

    private let state = Mutex(State())

    /// Brings an MPSSE up: clock at most `hertz`, every pin floating.
    /// - Parameter hertz: 458 Hz to the chip's limit; the nearest rate at or below it is used.
    public init(_ channel: FTDIChannel, hertz: Int = 30_000_000) async throws {
        guard channel.number < channel.family.mpsseChannels else {
            throw FTDIError.wrongChip(
                channel.device.info,
                needed: "an MPSSE on channel \(channel.number + 1) (FT2232H, FT4232H or FT232H)")
        }
        guard channel.family.clock == .high else {
            throw FTDIError.wrongChip(
                channel.device.info, needed: "a high-speed MPSSE (FT2232H, FT4232H or FT232H)")
        }
        self.channel = channel
        label = channel.device.info.label
        link = MPSSELink(channel)
        let divisor = Self.divisor(for: hertz)
        clockHertz = 30_000_000 / (divisor + 1)
        do {
            try await bringUp()
        } catch {
            throw self.error(for: error)
        }
    }

    /// 60 MHz / 2 / (1 + divisor) at or below `hertz`.
    static func divisor(for hertz: Int) -> Int {
        let wanted = min(max(hertz, 458), 30_000_000)
        return min((30_000_000 + wanted - 1) / wanted - 1, 65535)
    }

    /// 64 KB of content and the commands around it.
    public static let batchCapacity = 65_536 + 64
    public var batchCapacity: Int { Self.batchCapacity }

    public var counters: Counters {
        let own = link.counters.withLock { $0 }
        return Counters(
            roundTrips: own.roundTrips, bytesOut: own.bytesOut, bytesIn: own.bytesIn,
            overruns: state.withLock { $0.overruns }, resynchronisations: own.resynchronisations)
    }

    private func bringUp() async throws(MPSSELink.Fault) {
        try await link.synchronise()
        state.withLock { state in
            state.pins = .floating
            state.needsSynchronising = false
        }
        let divisor = 30_000_000 / clockHertz - 1
        var program = MPSSEProgram(hertz: clockHertz)
        program.configure(divisor: divisor)
        program.setPins(.floating)
        program.finish()
        link.start(program)
        _ = try await link.answer(to: program, ahead: .zero)
        try link.finishRoundTrip()
    }

    /// Runs `body` when its turn has come, to its end even when the caller is cancelled meanwhile: between a write enable
    /// and its verification nobody stops, and switching off must work above all then.
    private func shielded<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws
        -> Value
    {
        try await Task { try await turn.run(body) }.value
    }

    // MARK: Pins

    /// Changes levels and directions of the general pins, and makes SPI's own pins outputs when `spi` is set.
    func setPins(_ change: @escaping @Sendable (inout PinImage) -> Void) async throws {
        try await shielded { [self] in
            try await recoverIfNeeded()
            let pins = state.withLock { state -> PinImage in
                change(&state.pins)
                return state.pins
            }
            var program = MPSSEProgram(hertz: clockHertz)
            program.setPins(pins)
            program.finish()
            _ = try await runAlone(program)
        }
    }

    /// Switches the unit's supply, pin ACBUS0 of the reference fixture, without anything else of a slot.
    public func power(_ on: Bool) async throws {
        let power = FixtureWiring.reference.power
        try await setPins { $0.drive(power, to: on) }
    }

    /// Levels of ADBUS and ACBUS as they are.
    func readPins() async throws -> (low: UInt8, high: UInt8) {
        try await shielded { [self] in
            try await recoverIfNeeded()
            var program = MPSSEProgram(hertz: clockHertz)
            program.readPins()
            program.finish()
            let answer = try await runAlone(program)
            guard answer.count == 2 else { throw error(for: .lostStep(found: answer)) }
            return (answer[0], answer[1])
        }
    }

    /// Lets every pin go, ending a batch that is under way at its next stop; does what it can and never fails.
    func floatPins() async {
        state.withLock { $0.abandoned = true }
        // Nothing that it throws matters: it does what can be done.
        try? await shielded { [self] in
            state.withLock { state in
                state.abandoned = false
                state.pins = .floating
            }
            var program = MPSSEProgram(hertz: clockHertz)
            program.setPins(.floating)
            program.finish()
            do {
                _ = try await runAlone(program)
            } catch {
                // Out of step: a change of mode makes the pins float too.
                try? await channel.setBitMode(.reset)
                state.withLock { $0.needsSynchronising = true }
            }
        }
    }

    private func runAlone(_ program: MPSSEProgram) async throws -> [UInt8] {
        link.start(program)
        do {
            let answer = try await link.answer(to: program, ahead: .zero)
            try link.finishRoundTrip()
            return answer
        } catch {
            throw await recovered(from: error)
        }
    }

    // MARK: Batches

    public func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        try Task.checkCancellation()
        return try await shielded { [self] in
            try await recoverIfNeeded()
            var run = BatchRun(batch, hertz: clockHertz, pins: state.withLock { $0.pins })
            while !run.isDone {
                try checkAbandoned()
                try await stretch(&run)
            }
            return run.results
        }
    }

    /// Whether the adapter was found to be gone, which a batch that was stopped is not.
    var isGone: Bool { state.withLock { $0.isGone } }

    private func checkAbandoned() throws {
        if state.withLock({ $0.abandoned }) {
            throw SPIBusError.disconnected("\(label): the work was stopped and the unit's power is off.")
        }
    }

    /// Runs everything up to the next point where the station must know an outcome.
    private func stretch(_ run: inout BatchRun) async throws {
        if case .pause(let time) = run.current, time > PollEstimate.longestQueued {
            try await channel.time.sleep(for: time)
            run.skip()
            return
        }
        let programs = run.programs { poll in estimate(for: poll) }
        let late: BatchRun.LatePoll?
        do {
            late = try await exchange(programs, &run)
        } catch {
            throw await recovered(from: error)
        }
        if let late { try await lookUntilDone(late, &run) }
    }

    /// Sends programs and sorts their answers, until one tells of a late poll.
    private func exchange(
        _ programs: [MPSSEProgram], _ run: inout BatchRun
    ) async throws(MPSSELink.Fault) -> BatchRun.LatePoll? {
        var started = 0
        var answered = 0
        var late: BatchRun.LatePoll?
        while late == nil ? answered < programs.count : answered < started {
            // Two under way: one that the engine works on, one that waits in front of it.
            while late == nil, started < programs.count, started < answered + 2 {
                link.start(programs[started])
                started += 1
            }
            let ahead = answered > 0 ? programs[answered - 1].duration : .zero
            let answer = try await link.answer(to: programs[answered], ahead: ahead)
            if late == nil {
                late = run.take(answer, to: programs[answered]) { poll, look, schedule, isQueued in
                    learn(poll) { $0.found(at: look, of: schedule, queued: isQueued) }
                }
            }
            answered += 1
        }
        try link.finishRoundTrip()
        return late
    }

    /// Looks at the status until the chip is done or the time is over.
    private func lookUntilDone(_ late: BatchRun.LatePoll, _ run: inout BatchRun) async throws {
        let poll = late.poll
        let start = await channel.time.now()
        var elapsed = late.elapsed
        var status = late.status
        if late.wasQueued {
            state.withLock { $0.overruns += 1 }
            learn(poll) { $0.overranQueue() }
        }
        while elapsed < poll.limit {
            try checkAbandoned()
            let expected = estimate(for: poll).hopeful
            // Up to the expected end in one go, then in slices of a thirty-second of it.
            let slice = elapsed < expected ? expected - elapsed : max(expected / 32, .microseconds(20))
            let wait = min(slice, PollEstimate.longestQueued, max(poll.limit - elapsed, .microseconds(1)))
            var program = MPSSEProgram(hertz: run.hertz)
            let schedule = PollEstimate.Schedule(wait: wait / 4, gap: wait / 4, looks: 4)
            program.poll(poll.opcode, schedule, operation: 0, pins: run.pins)
            program.finish()
            let looks = try await runAlone(program)
            elapsed = late.elapsed + (await channel.time.now() - start)
            if let done = looks.firstIndex(where: { $0 & poll.mask == poll.match }) {
                let actual = elapsed - schedule.gap * (looks.count - 1 - done)
                if !late.wasQueued { learn(poll) { $0.took(actual) } }
                run.finish(late, status: looks[done])
                return
            }
            status = looks.last ?? status
        }
        throw SPIBusError.stillBusy(status: status, waited: elapsed)
    }

    private func estimate(for poll: StatusPoll) -> PollEstimate {
        state.withLock { $0.estimates[EstimateKey(opcode: poll.opcode, typical: poll.typical)] }
            ?? PollEstimate(typical: poll.typical)
    }

    private func learn(_ poll: StatusPoll, _ change: (inout PollEstimate) -> Void) {
        state.withLock { state in
            change(
                &state.estimates[
                    EstimateKey(opcode: poll.opcode, typical: poll.typical),
                    default: PollEstimate(typical: poll.typical)])
        }
    }

    // MARK: Recovery

    private func recoverIfNeeded() async throws {
        guard state.withLock({ $0.needsSynchronising }) else { return }
        do {
            try await bringUp()
        } catch {
            throw self.error(for: error)
        }
    }

    /// After lost step: everything floats, the engine starts anew, and the caller is told. Nothing is tried again
    /// behind the caller's back, since the unit has lost its power.
    private func recovered(from fault: MPSSELink.Fault) async -> SPIBusError {
        state.withLock { state in
            state.needsSynchronising = true
            state.pins = .floating
        }
        switch fault {
        case .usb(.disconnected): break
        default:
            do { try await bringUp() } catch {}
        }
        return error(for: fault)
    }

    private func error(for fault: MPSSELink.Fault) -> SPIBusError {
        switch fault {
        case .usb(.disconnected):
            state.withLock { $0.isGone = true }
            return .disconnected("\(label): the adapter is gone. Check the cable and the hub's power.")
        case .usb(let error): return .protocolViolation(error.description)
        case .badCommand(let byte):
            return .protocolViolation(
                "\(label): the adapter did not understand command \(Self.hex(byte)) (it answered FA \(Self.hex(byte))). "
                    + "The unit's power is off and the adapter was started anew; if it happens again, replace cable or adapter."
            )
        case .lostStep(let found):
            return .protocolViolation(
                "\(label): station and adapter lost step (found \(found.map(Self.hex).joined(separator: " ")) where FA AB belongs). "
                    + "The unit's power is off and the adapter was started anew; if it happens again, replace cable or hub."
            )
        case .silent(let missing):
            return .protocolViolation(
                "\(label): the adapter kept back \(missing) bytes of its answer. The unit's power is off and the adapter was "
                    + "started anew; if it happens again, replace cable or hub.")
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// Gives the endpoints up; pins keep their last levels until the channel is reset.
    func close() {
        link.close()
    }
}

extension MPSSEProgram {
    /// Clock from 60 MHz, no special modes.
    mutating func configure(divisor: Int) {
        append([
            MPSSECommand.divideByFiveOff, MPSSECommand.adaptiveOff, MPSSECommand.threePhaseOff,
            MPSSECommand.loopbackOff,
            MPSSECommand.setDivisor, UInt8(truncatingIfNeeded: divisor),
            UInt8(truncatingIfNeeded: divisor >> 8),
        ])
    }
}
