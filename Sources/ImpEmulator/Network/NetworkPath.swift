/// What is behind an access point: router, name server, the way to the server. Each part that does not work ends a
/// connection attempt with its own reason (R3).
public struct NetworkPath: Sendable, Equatable {
    /// What a name server says when it is asked for the server's address.
    public enum NameAnswer: String, Sendable, Codable {
        /// The server's address.
        case right
        /// The portal's own address, whatever was asked: nobody there speaks to an imp.
        case wrongAddress = "wrong-address"
        /// A page of HTML where a DNS answer should be.
        case htmlPage = "html-page"
    }

    /// DHCP hands out an address; else reason 2.
    public var assignsAddress: Bool
    /// DNS answers at all; else reason 3.
    public var resolvesNames: Bool
    /// What DNS answers.
    public var nameAnswer = NameAnswer.right
    /// The server can be reached; else reason 4.
    public var reachesServer: Bool
    /// The server keeps the connection; else it breaks for another reason (0).
    public var keepsConnection: Bool
    /// TCP ports to which the router lets nothing through: no answer, not a refusal.
    public var blockedPorts: Set<Int> = []
    /// Share of the server's acknowledgements that get lost on their way, 0 to 1.
    public var acknowledgementLoss = 0.0
    /// From the module to the server and back on a quiet line.
    public var roundTrip = Duration.milliseconds(40)

    /// Everything works.
    public static let working = NetworkPath()

    public init(
        assignsAddress: Bool = true, resolvesNames: Bool = true, reachesServer: Bool = true,
        keepsConnection: Bool = true
    ) {
        self.assignsAddress = assignsAddress
        self.resolvesNames = resolvesNames
        self.reachesServer = reachesServer
        self.keepsConnection = keepsConnection
    }
}
