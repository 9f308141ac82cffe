/// One thing that an SPI adapter does with chip select.
public enum SPIOperation: Sendable, Equatable {
    /// Chip select low; `write` goes out; `readCount` bytes are clocked in; chip select high.
    case exchange(write: [UInt8], readCount: Int)
    /// A status register is read again and again until it matches or the time is over.
    case poll(StatusPoll)
    /// Chip select stays high for at least this long.
    case pause(Duration)
}

extension SPIOperation {
    /// What a poll counts towards `SPIBus.batchCapacity`: one opcode and one status byte.
    public static let pollCost = 2

    /// What this operation counts towards `SPIBus.batchCapacity`, in bytes.
    public var busCost: Int {
        switch self {
        case .exchange(let write, let readCount): write.count + readCount
        case .poll: Self.pollCost
        case .pause: 0
        }
    }
}

/// "Read this status register until the masked bits have this value."
///
/// An adapter that can, runs the whole loop by itself (queued status reads, clock cycles without data), so
/// that hundreds of pages fit into one round trip.
public struct StatusPoll: Sendable, Equatable {
    /// The read-status opcode, 05h on nearly every chip.
    public var opcode: UInt8
    /// The bits that count.
    public var mask: UInt8
    /// What those bits must be.
    public var match: UInt8
    /// How long the chip is expected to take; a hint for the first read.
    public var typical: Duration
    /// How long it may take before the batch ends with `SPIBusError.stillBusy`.
    public var limit: Duration

    public init(
        opcode: UInt8 = 0x05, mask: UInt8 = 0x01, match: UInt8 = 0x00, typical: Duration, limit: Duration
    ) {
        self.opcode = opcode
        self.mask = mask
        self.match = match
        self.typical = typical
        self.limit = limit
    }
}

/// A serial flash chip's four wires as seen from the station, in batches.
///
/// One call is one round trip to the adapter, however many operations it carries. Operations run in order;
/// the first that fails ends the batch, and nothing after it reaches the chip.
public protocol SPIBus: Sendable {
    /// The most bytes that one batch may write plus read, the adapter's buffers considered. A poll counts as
    /// `SPIOperation.pollCost` bytes, however often the adapter has to look; a pause counts as none.
    var batchCapacity: Int { get }

    /// Runs `batch`.
    /// - Returns: for each operation, in order, the bytes read: `readCount` of them for an exchange, the last
    ///   status byte for a poll, none for a pause.
    /// - Throws: `SPIBusError`.
    func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]]
}

/// Why a batch ended early.
public enum SPIBusError: Error, Equatable, Sendable {
    /// The status register never matched.
    case stillBusy(status: UInt8, waited: Duration)
    /// The adapter is gone, or the unit has no power.
    case disconnected(String)
    /// The adapter answered, but not as its protocol says.
    case protocolViolation(String)
}
