import Synchronization
import TimeAndChance

/// How the cloud treats blessings when a unit's own faults say nothing else.
public struct CloudBehaviour: Sendable, Equatable {
    /// What becomes of a request to bless.
    public enum Manner: String, Sendable, Codable {
        case accepts, refuses, silent
        /// Binds the device; the answer is lost on its way.
        case losesAnswer = "loses-answer"
    }

    /// What becomes of requests.
    public var manner = Manner.accepts
    /// Chance that a request is refused although the manner is `accepts`.
    public var refuseProbability = 0.0
    /// Chance that a request is never answered although the manner is `accepts`.
    public var silentProbability = 0.0
    /// From the device's request to the answer at the device.
    public var latency = Duration.milliseconds(350)
    /// The production group's attribute `load_code_after_blessing`.
    public var loadsCodeAfterBlessing = true

    public init(manner: Manner = .accepts) {
        self.manner = manner
    }
}

/// One `server.bless` as the cloud saw it.
public struct BlessingRecord: Sendable, Equatable, Codable {
    /// What the cloud decided.
    public enum Outcome: String, Sendable, Codable {
        /// Bound to the production group.
        case accepted
        case refused
        /// Received, never answered, not bound.
        case unanswered
        /// The device's own tests failed; logged only.
        case testFailed = "test-failed"
    }

    /// 16 hexadecimal digits.
    public var deviceID: String
    /// Which unit of the line, for people.
    public var ordinal: Int
    /// What the cloud decided.
    public var outcome: Outcome
    /// An answer was sent and arrived.
    public var answered: Bool
    /// The device had been bound before this request.
    public var repeated: Bool
}

/// The server side of a line: enrols, hands out firmware, blesses. Shared by all slots.
///
/// Its chances depend on seed, device and how often that device asked, never on which slot asks first.
public final class EmulatedCloud: Sendable {
    /// Where a device belongs.
    public enum Group: Sendable, Equatable {
        case unknown, dut, production
    }

    /// How it answers.
    public let behaviour: CloudBehaviour
    private let seed: UInt64
    private let onBlessing: @Sendable (BlessingRecord) -> Void

    private struct State {
        var enrolled: Set<String> = []
        var blessed: Set<String> = []
        var attempts: [String: UInt64] = [:]
        var log: [BlessingRecord] = []
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - remembered: what an earlier life of the same cloud logged.
    ///   - onBlessing: told of each record, in order, before the device hears of it.
    public init(
        behaviour: CloudBehaviour = CloudBehaviour(), seed: UInt64 = 1, remembered: [BlessingRecord] = [],
        onBlessing: @escaping @Sendable (BlessingRecord) -> Void = { _ in }
    ) {
        self.behaviour = behaviour
        self.seed = seed
        self.onBlessing = onBlessing
        var state = State(log: remembered)
        for record in remembered {
            state.attempts[record.deviceID, default: 0] += 1
            if record.outcome == .accepted { state.blessed.insert(record.deviceID) }
        }
        self.state = Mutex(state)
    }

    /// All blessing requests so far, oldest first.
    public var blessings: [BlessingRecord] {
        state.withLock(\.log)
    }

    /// Whether the device belongs to the production group.
    public func isBlessed(_ deviceID: String) -> Bool {
        state.withLock { $0.blessed.contains(deviceID) }
    }

    /// Takes a device out of its production group, as the account's un-blessing key allows.
    public func unbless(_ deviceID: String) {
        state.withLock {
            $0.blessed.remove(deviceID)
            $0.enrolled.remove(deviceID)
        }
    }

    /// A device showed a valid enrolment.
    func enrol(_ deviceID: String) {
        state.withLock { _ = $0.enrolled.insert(deviceID) }
    }

    /// Which group's firmware the device should run.
    func group(of deviceID: String) -> Group {
        state.withLock {
            if $0.blessed.contains(deviceID) { return .production }
            return $0.enrolled.contains(deviceID) ? .dut : .unknown
        }
    }

    /// A blessing request arrives.
    /// - Returns: what the device will hear; nil = nothing, ever.
    func bless(deviceID: String, ordinal: Int, testSuccess: Bool, override: CloudBehaviour.Manner?) -> Bool? {
        state.withLock { state in
            let attempt = state.attempts[deviceID, default: 0]
            state.attempts[deviceID] = attempt + 1
            let repeated = state.blessed.contains(deviceID)
            let manner = repeated ? .accepts : decide(deviceID, attempt: attempt, override: override)
            let outcome: BlessingRecord.Outcome =
                if !testSuccess {
                    .testFailed
                } else {
                    switch manner {
                    case .accepts, .losesAnswer: .accepted
                    case .refuses: .refused
                    case .silent: .unanswered
                    }
                }
            if outcome == .accepted { state.blessed.insert(deviceID) }
            let isAnswered = !testSuccess || manner == .accepts || manner == .refuses
            let record = BlessingRecord(
                deviceID: deviceID, ordinal: ordinal, outcome: outcome, answered: isAnswered,
                repeated: repeated)
            state.log.append(record)
            onBlessing(record)
            return isAnswered ? outcome == .accepted : nil
        }
    }

    private func decide(_ deviceID: String, attempt: UInt64, override: CloudBehaviour.Manner?)
        -> CloudBehaviour.Manner
    {
        let manner = override ?? behaviour.manner
        guard manner == .accepts else { return manner }
        var dice = SeededGenerator.derived(from: seed, label: "cloud " + deviceID, index: attempt)
        if dice.happens(withProbability: behaviour.silentProbability) { return .silent }
        return dice.happens(withProbability: behaviour.refuseProbability) ? .refuses : .accepts
    }
}
