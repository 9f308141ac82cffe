import Squirrel
import Synchronization
import TimeAndChance

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

/// The server side of a line: enrols, hands out firmware, blesses, tells webhooks. Shared by all slots.
///
/// Its chances depend on seed, device and how often that device asked, never on which slot asks first.
public final class EmulatedCloud: Sendable {
    /// Where a device belongs.
    public typealias Group = DeviceGroup

    /// The fixture that a station's own slots are, for a cloud to which nobody assigned another: an imp005 in form.
    public static let lineFixture = "5000d8c46a000001"
    /// The enrolment token that such slots send.
    public static let lineToken = "factory"

    /// How it answers.
    public let behaviour: CloudBehaviour
    /// What agents and webhooks can reach.
    public let internet: EmulatedInternet
    private let seed: UInt64
    private let onBlessing: @Sendable (BlessingRecord) -> Void
    private let onWebhook: @Sendable (WebhookDelivery) -> Void

    struct State {
        var fixtures: Set<String> = []
        var tokens: [String: String] = [EmulatedCloud.lineToken: EmulatedCloud.lineFixture]
        /// Which fixture enrolled a device.
        var enrolled: [String: String] = [:]
        var blessed: Set<String> = []
        var attempts: [String: UInt64] = [:]
        var log: [BlessingRecord] = []
        var deliveries: [WebhookDelivery] = []
        var deployments: [DeviceGroup: [Deployment]] = [:]
        var deploymentCount = 0
        var systemVersion: String?
        var saved: [String: SquirrelData] = [:]
    }

    let state: Mutex<State>

    /// - Parameters:
    ///   - remembered: what an earlier life of the same cloud logged.
    ///   - onWebhook: told of each webhook, in order; here posts can leave the simulation.
    ///   - onBlessing: told of each record, in order, before the device hears of it.
    public init(
        behaviour: CloudBehaviour = CloudBehaviour(), seed: UInt64 = 1, internet: EmulatedInternet = .empty,
        remembered: [BlessingRecord] = [],
        onWebhook: @escaping @Sendable (WebhookDelivery) -> Void = { _ in },
        onBlessing: @escaping @Sendable (BlessingRecord) -> Void = { _ in }
    ) {
        self.behaviour = behaviour
        self.internet = internet
        self.seed = seed
        self.onBlessing = onBlessing
        self.onWebhook = onWebhook
        var state = State(log: remembered, systemVersion: behaviour.systemVersion)
        for record in remembered {
            state.attempts[record.deviceID, default: 0] += 1
            if record.outcome == .accepted { state.blessed.insert(record.deviceID) }
        }
        self.state = Mutex(state)
    }

    /// All blessing requests so far, oldest first.
    public var blessings: [BlessingRecord] { state.withLock(\.log) }

    /// All webhooks that were fired, oldest first.
    public var webhooks: [WebhookDelivery] { state.withLock(\.deliveries) }

    // MARK: Groups

    /// Whether the device belongs to the production group.
    public func isBlessed(_ deviceID: String) -> Bool {
        state.withLock { $0.blessed.contains(deviceID) }
    }

    /// Takes a device out of its production group, as the account's un-blessing key allows.
    public func unbless(_ deviceID: String) {
        state.withLock {
            $0.blessed.remove(deviceID)
            $0.enrolled[deviceID] = nil
        }
    }

    /// Puts a device into the fixture group by hand.
    public func assignFixture(_ deviceID: String) {
        state.withLock { _ = $0.fixtures.insert(deviceID) }
    }

    /// Which group's firmware the device should run.
    public func group(of deviceID: String) -> DeviceGroup {
        state.withLock {
            if $0.fixtures.contains(deviceID) { return .fixture }
            if $0.blessed.contains(deviceID) { return .production }
            return $0.enrolled[deviceID] == nil ? .unknown : .dut
        }
    }

    // MARK: Enrolment

    /// A fixture asks for a factory enrolment token.
    /// - Returns: nil when the device is no fixture.
    func factoryToken(for fixture: String) -> String? {
        state.withLock { state in
            guard state.fixtures.contains(fixture) else { return nil }
            var dice = SeededGenerator.derived(
                from: seed, label: "token " + fixture, index: UInt64(state.tokens.count))
            let digits = String(dice.next(), radix: 16)
            let token = String(repeating: "0", count: 16 - digits.count) + digits
            state.tokens[token] = fixture
            return token
        }
    }

    /// A device shows its enrolment; a token that nobody issued counts for nothing.
    func enrol(_ deviceID: String, token: String) {
        state.withLock { state in
            if let fixture = state.tokens[token] { state.enrolled[deviceID] = fixture }
        }
    }

    /// The fixture that configured a device.
    func fixture(of deviceID: String) -> String? {
        state.withLock { $0.enrolled[deviceID] }
    }

    /// An end user's BlinkUp reached a production device.
    func activated(_ deviceID: String, planID: String, token: String) {
        fire(
            .blinkup, [("device_id", deviceID), ("plan_id", planID), ("token", token)])
    }

    // MARK: Blessing

    /// A blessing request arrives.
    /// - Returns: what the device will hear; nil = nothing, ever.
    func bless(deviceID: String, ordinal: Int, testSuccess: Bool, override: CloudBehaviour.Manner?) -> Bool? {
        let (record, isNew) = state.withLock { state in
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
            return (record, outcome == .accepted && !repeated)
        }
        if isNew { fire(.blessing, [("device_id", deviceID), ("imp_id", Self.impID(of: deviceID))]) }
        return record.answered ? record.outcome == .accepted : nil
    }

    /// The platform's own name of a module: 16 digits, derived from the address but not it. How is not published; here
    /// a hash.
    static func impID(of deviceID: String) -> String {
        var dice = SeededGenerator.derived(from: 0, label: "imp " + deviceID)
        let digits = String(dice.next(), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
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

    // MARK: Webhooks

    func fire(_ event: Webhook.Event, _ fields: [(name: String, value: String)]) {
        for webhook in behaviour.webhooks where webhook.event == event {
            let request = webhook.request(fields)
            let response = internet.endpoint(for: webhook.url)?.answer(request)
            let delivery = WebhookDelivery(
                event: event, url: webhook.url, contentType: webhook.contentType, body: request.body,
                statusCode: response?.statusCode)
            state.withLock { $0.deliveries.append(delivery) }
            onWebhook(delivery)
        }
    }

    // MARK: What agents keep

    /// What `server.save` last stored for this device's agent.
    func savedData(of deviceID: String) -> SquirrelData? {
        state.withLock { $0.saved[deviceID] }
    }

    func save(_ data: SquirrelData, for deviceID: String) {
        state.withLock { $0.saved[deviceID] = data }
    }
}
