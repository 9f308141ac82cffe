/// The numbers by which people are let in.
public struct PeopleRules: Sendable, Equatable {
    /// A session that nobody used for so long has ended, ms.
    public var idle: Int64 = 30 * 60_000
    /// A session ends then at the latest, ms.
    public var longestSession: Int64 = 12 * 3_600_000
    /// Sessions of one user at a time; the oldest makes room.
    public var mostSessions = 20
    /// How long a set-up code may be used, ms.
    public var setUpCodeLife: Int64 = 24 * 3_600_000
    /// Failures of one badge.
    public var badge = LockOut(free: 5)
    /// Failures from one address, behind which a whole line may sit.
    public var address = LockOut(free: 20)
    /// The longest life of an API token, ms.
    public var longestToken: Int64 = 2 * 366 * 86_400_000
    /// Fewest characters of a PIN.
    public var shortestPIN = 6
    /// PIN checks that may wait for each other.
    public var mostWaiting = 16

    public init() {}

    /// After how many failures for how long nobody is listened to.
    public struct LockOut: Sendable, Equatable {
        /// Failures without consequence, less one: the `free`th one locks.
        public var free: Int
        /// The first lock, ms; each further failure doubles it.
        public var first: Int64 = 30_000
        /// ms
        public var longest: Int64 = 15 * 60_000
        /// Without a failure for so long the count begins anew, ms.
        public var forgottenAfter: Int64 = 24 * 3_600_000

        public init(free: Int) { self.free = free }

        /// The lock that the given number of failures in a row brings, ms; 0 for none.
        public func lock(after failures: Int) -> Int64 {
            guard failures >= free else { return 0 }
            let doublings = min(failures - free, 40)
            return first > longest >> Int64(doublings) ? longest : first << Int64(doublings)
        }
    }

    /// Why this can't be a PIN; nil when it can.
    func fault(inPIN pin: String, badge: String?) -> PeopleError? {
        let units = Array(pin.unicodeScalars.map(\.value))
        let steps = Set(zip(units, units.dropFirst()).map { Int64($1) - Int64($0) })
        let hidden = String(repeating: "•", count: min(units.count, 12))
        guard (shortestPIN...64).contains(units.count), units.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return .invalid(
                field: "PIN", found: hidden, allowed: "\(shortestPIN) to 64 characters without spaces")
        }
        // 000000, 123456, 654321.
        guard steps.count > 1 || !(steps.isSubset(of: [-1, 0, 1])) else {
            return .invalid(
                field: "PIN", found: hidden, allowed: "not all the same, and no row like 123456")
        }
        guard pin != badge else { return .invalid(field: "PIN", found: hidden, allowed: "not the badge") }
        return nil
    }
}
