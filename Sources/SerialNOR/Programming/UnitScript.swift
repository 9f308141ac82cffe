/// Turns units of work into batches that an adapter takes.
///
/// A write enable, its write and the wait for the chip always share a batch; apart from that a batch is filled up to
/// the adapter's capacity, so that the wire idles between batches only, not between pages.
struct UnitScript {
    /// A read-back, and where its answer will come.
    struct Check {
        let batch: Int
        let operation: Int
        let unit: Int
        let range: Range<Int>
    }

    /// What a batch adds to the sums when it is through.
    struct Gain {
        var erased = 0
        var programmed = 0
        var verified = 0
    }

    /// Write enable, opcode and address, one byte, a poll.
    static let smallestCapacity = 1 + SPICommand.programOverhead + 1 + SPIOperation.pollCost

    private(set) var batches: [[SPIOperation]] = []
    private(set) var gains: [Gain] = []
    private(set) var checks: [Check] = []

    private let capacity: Int
    private let pageSize: Int
    private var room = 0
    private static let writeEnable = SPIOperation.exchange(write: [SPICommand.writeEnable], readCount: 0)

    /// - Parameter capacity: at least `smallestCapacity`.
    init(units: ArraySlice<FlashPlan.Unit>, chip: ProvenChip, capacity: Int) {
        self.capacity = capacity
        pageSize = chip.pageSize
        for unit in units {
            for erase in unit.erases {
                let time = chip.timing.erase(size: erase.size)
                write(SPICommand.frame(erase.opcode, at: erase.address), time)
                gains[gains.count - 1].erased += erase.size
            }
            for span in unit.programs { program(span, of: unit, time: chip.timing.pageProgram) }
        }
        for (index, unit) in zip(units.indices, units) {
            for span in unit.verified { verify(span, unit: index) }
        }
    }

    private mutating func openBatch(for cost: Int) {
        if batches.isEmpty || room < cost {
            batches.append([])
            gains.append(Gain())
            room = capacity
        }
        room -= cost
    }

    private mutating func write(_ frame: [UInt8], _ time: OperationTime) {
        openBatch(for: 1 + frame.count + SPIOperation.pollCost)
        batches[batches.count - 1].append(Self.writeEnable)
        batches[batches.count - 1].append(.exchange(write: frame, readCount: 0))
        batches[batches.count - 1].append(.poll(StatusPoll(typical: time.typical, limit: time.limit)))
    }

    private mutating func program(_ span: Range<Int>, of unit: FlashPlan.Unit, time: OperationTime) {
        let most = min(pageSize, capacity - Self.smallestCapacity + 1)
        var start = span.lowerBound
        while start < span.upperBound {
            let pageEnd = (start / pageSize + 1) * pageSize
            let end = min(span.upperBound, pageEnd, start + most)
            var frame: [UInt8] = []
            frame.reserveCapacity(SPICommand.programOverhead + end - start)
            frame.append(SPICommand.pageProgram)
            frame.append(UInt8(truncatingIfNeeded: start >> 16))
            frame.append(UInt8(truncatingIfNeeded: start >> 8))
            frame.append(UInt8(truncatingIfNeeded: start))
            frame.append(contentsOf: unit.target(start..<end))
            write(frame, time)
            gains[gains.count - 1].programmed += end - start
            start = end
        }
    }

    private mutating func verify(_ span: Range<Int>, unit: Int) {
        var start = span.lowerBound
        while start < span.upperBound {
            // What is left of a batch is used as long as a read of some size fits.
            let left = room - SPICommand.readOverhead
            let most =
                left >= min(256, capacity - SPICommand.readOverhead)
                ? left : capacity - SPICommand.readOverhead
            let end = min(span.upperBound, start + most)
            openBatch(for: SPICommand.readOverhead + end - start)
            batches[batches.count - 1].append(SPICommand.reading(at: start, count: end - start))
            gains[gains.count - 1].verified += end - start
            checks.append(
                Check(
                    batch: batches.count - 1, operation: batches[batches.count - 1].count - 1, unit: unit,
                    range: start..<end))
            start = end
        }
    }
}
