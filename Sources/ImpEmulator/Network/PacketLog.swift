/// What a module sent and got, in the order of time: the instrument with which network behaviour is measured.
public final class PacketLog {
    /// One observation.
    public struct Entry: Sendable, Equatable {
        public var at: VirtualInstant
        public var event: Event
    }

    /// What was seen on the air or on the wire.
    public enum Event: Sendable, Equatable {
        /// Asked an access point to be let in; BSSID in 12 hexadecimal digits.
        case joining(bssid: String)
        case joined(bssid: String)
        /// The handshake was not over in time, or was refused.
        case joinFailed(bssid: String)
        case addressAsked, addressAssigned
        /// The server's name was asked for.
        case nameQuery
        case nameAnswer(NetworkPath.NameAnswer)
        /// An answer of an earlier attempt was used instead of a query.
        case nameRemembered(NetworkPath.NameAnswer)
        /// SYN to the server's port.
        case connecting(port: Int)
        case accepted(port: Int)
        case noAnswer(port: Int)
        /// A data segment to the server.
        case sent(bytes: Int, retransmission: Bool)
        case acknowledged(bytes: Int)
        /// Data from the server.
        case received(bytes: Int)
        /// The module told the server how much more it can take.
        case windowUpdate(bytes: Int)
        /// The server asked whether there is room again, as nobody had told it.
        case windowProbe
        /// The radio's own firmware crashed and was started again.
        case radioRestarted
        case closed
    }

    /// The newest last, at most `capacity`.
    public private(set) var entries: [Entry] = []
    /// Segments that had to be sent again, by either side, since the module was seated.
    public private(set) var retransmissions = 0
    /// How often the server had to ask for the window.
    public private(set) var windowProbes = 0

    /// Entries that are kept.
    public static let capacity = 4_096

    func note(_ event: Event, at now: VirtualInstant) {
        if entries.count >= Self.capacity { entries.removeFirst(Self.capacity / 4) }
        entries.append(Entry(at: now, event: event))
        switch event {
        case .sent(_, true): retransmissions += 1
        case .windowProbe: windowProbes += 1
        default: break
        }
    }

    /// The events from `start` on.
    public func events(since start: VirtualInstant) -> [Event] {
        entries.filter { $0.at >= start }.map(\.event)
    }

    /// When the first event of a kind was seen.
    func first(_ matches: (Event) -> Bool) -> VirtualInstant? {
        entries.first { matches($0.event) }?.at
    }
}
