/// How the cloud treats devices when a unit's own faults say nothing else.
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
    /// TCP ports on which the imp server listens. When Release 30 came out, 993 was not yet among them (R15).
    public var ports: Set<Int> = Set(Connection.ports)
    /// The operating system that devices get when they connect with another one; nil leaves them what they have.
    public var systemVersion: String?
    /// The production group's attribute `load_code_after_blessing`.
    public var loadsCodeAfterBlessing = true
    /// Who is told of blessings, activations and deployments.
    public var webhooks: [Webhook] = []

    public init(manner: Manner = .accepts) {
        self.manner = manner
    }
}

/// A device group of impCentral: which firmware a device runs, and how it got there.
public enum DeviceGroup: String, Sendable, Codable, CaseIterable {
    /// Runs fixture firmware; fixtures are assigned by hand. Its targets are the two others of its product.
    case fixture = "factoryfixture_devicegroup"
    /// Runs DUT firmware; devices arrive by factory BlinkUp.
    case dut = "dut_devicegroup"
    /// Runs application firmware; devices arrive by blessing and leave by un-blessing only.
    case production = "production_devicegroup"
    /// Enrolled nowhere.
    case unknown = "none"

    /// What a device of this group runs.
    var code: ModuleConfig.Code {
        switch self {
        case .fixture: .fixture
        case .dut: .factory
        case .production: .application
        case .unknown: .none
        }
    }
}
