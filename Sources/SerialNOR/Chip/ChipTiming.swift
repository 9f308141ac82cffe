/// How long a chip is busy with one operation.
public struct OperationTime: Hashable, Sendable {
    /// What the data sheet calls typical.
    public var typical: Duration
    /// After this long, something is wrong.
    public var limit: Duration

    public init(typical: Duration, limit: Duration) {
        self.typical = typical
        self.limit = limit
    }
}

/// How long the operations of one part take.
public struct ChipTiming: Hashable, Sendable {
    /// Up to 256 bytes into one page.
    public var pageProgram: OperationTime
    public var erase4K: OperationTime
    public var erase32K: OperationTime
    public var erase64K: OperationTime

    public init(
        pageProgram: OperationTime, erase4K: OperationTime, erase32K: OperationTime, erase64K: OperationTime
    ) {
        self.pageProgram = pageProgram
        self.erase4K = erase4K
        self.erase32K = erase32K
        self.erase64K = erase64K
    }

    /// For parts about which nothing better is known: typical values in the middle of what data sheets of this
    /// class print, limits twice the longest maximum among them.
    public static let conservative = ChipTiming(
        pageProgram: OperationTime(typical: .microseconds(700), limit: .milliseconds(10)),
        erase4K: OperationTime(typical: .milliseconds(60), limit: .milliseconds(1600)),
        erase32K: OperationTime(typical: .milliseconds(200), limit: .seconds(6)),
        erase64K: OperationTime(typical: .milliseconds(500), limit: .seconds(7)))

    /// The time of an erase of `size` bytes; sizes other than 4 and 32 KB count as 64 KB.
    public func erase(size: Int) -> OperationTime {
        switch size {
        case 4096: erase4K
        case 32768: erase32K
        default: erase64K
        }
    }
}
