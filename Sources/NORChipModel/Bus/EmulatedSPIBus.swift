import SerialNOR

/// An SPI adapter made of software, with a chip model behind it and a virtual clock of its own.
public actor EmulatedSPIBus: SPIBus {
    /// What went over the wire.
    public struct Counters: Sendable, Hashable {
        /// Round trips to the adapter.
        public var batches = 0
        public var operations = 0
        public var bytesWritten = 0
        public var bytesRead = 0

        public init() {}
    }

    public nonisolated let batchCapacity: Int
    public private(set) var counters = Counters()
    /// The bus's virtual time.
    public private(set) var now = Duration.zero

    private let chip: NORChip
    private let wire: SPIWire
    private var powerFailsAt: Duration?
    private var failsAfterOperations: Int?
    private var isConnected = true

    /// - Parameters:
    ///   - chip: belongs to the bus from here on; reach it with `withChip`.
    ///   - clockHertz: bits a second; nil: the wire takes no time.
    ///   - batchCapacity: the most that one batch may write plus read, in bytes; more is a protocol violation.
    public init(chip: sending NORChip, clockHertz: Int? = 30_000_000, batchCapacity: Int = 65536) {
        self.chip = chip
        wire = SPIWire(clockHertz: clockHertz ?? .max / 8)
        self.batchCapacity = batchCapacity
    }

    public func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        guard isConnected else { throw SPIBusError.disconnected("the adapter is unplugged") }
        counters.batches += 1
        var cost = 0
        for operation in batch { cost += operation.busCost }
        guard cost <= batchCapacity else {
            throw SPIBusError.protocolViolation(
                "a batch of \(cost) bytes is more than the adapter's \(batchCapacity)")
        }
        var answers: [[UInt8]] = []
        answers.reserveCapacity(batch.count)
        for operation in batch {
            if let left = failsAfterOperations {
                guard left > 0 else {
                    isConnected = false
                    throw SPIBusError.disconnected("the adapter is unplugged")
                }
                failsAfterOperations = left - 1
            }
            guard chip.isPowered else { throw SPIBusError.disconnected("the unit has no power") }
            counters.operations += 1
            if case .exchange(let write, let readCount) = operation {
                counters.bytesWritten += write.count
                counters.bytesRead += readCount
            }
            do {
                let (answer, end) = try wire.run(operation, on: chip, at: now, powerFailsAt: powerFailsAt)
                now = end
                answers.append(answer)
            } catch SPIBusError.stillBusy(let status, let waited) {
                now += waited
                throw SPIBusError.stillBusy(status: status, waited: waited)
            }
        }
        return answers
    }

    /// Looks at the chip, or changes it.
    public func withChip<R: Sendable>(_ body: @Sendable (NORChip) throws -> R) rethrows -> R {
        chip.settle(at: now)
        return try body(chip)
    }

    // MARK: Accidents

    /// The supply will fail at this instant of the bus's time, or never with nil.
    public func cutPower(at instant: Duration?) {
        powerFailsAt = instant
    }

    /// The supply is back.
    public func restorePower() {
        powerFailsAt.map { now = max(now, $0) }
        powerFailsAt = nil
        chip.applyPower(at: now)
    }

    /// The adapter is pulled out after so many more operations; nil: it stays.
    public func disconnect(afterOperations count: Int?) {
        failsAfterOperations = count
    }

    /// The adapter is back. The chip kept its power and went on with what it was doing.
    public func reconnect() {
        failsAfterOperations = nil
        isConnected = true
    }

    /// Time passes without anything on the wire.
    public func wait(for duration: Duration) {
        now += max(.zero, duration)
        chip.settle(at: now)
    }
}
