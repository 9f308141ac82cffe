import SerialNOR

/// A batch on its way through the adapter: what is done, what comes next.
struct BatchRun {
    /// A poll that did not find the chip done in its queued looks.
    struct LatePoll {
        var operation: Int
        var poll: StatusPoll
        var status: UInt8
        /// From the end of the command to the last look.
        var elapsed: Duration
        /// More commands were queued behind.
        var wasQueued: Bool
    }

    private let batch: [SPIOperation]
    private(set) var results: [[UInt8]]
    /// The first operation that is not done.
    private var next = 0
    private var schedules: [Int: (schedule: PollEstimate.Schedule, isQueued: Bool)] = [:]
    let hertz: Int
    let pins: PinImage

    init(_ batch: [SPIOperation], hertz: Int, pins: PinImage) {
        self.batch = batch
        self.hertz = hertz
        self.pins = pins
        results = [[UInt8]](repeating: [], count: batch.count)
    }

    var isDone: Bool { next == batch.count }
    var current: SPIOperation { batch[next] }

    mutating func skip() {
        next += 1
    }

    /// Bytes of commands and of answers after which a new program starts.
    private static let programSize = 16_384
    /// What asking for an outcome costs at high speed: two microframes and the host's own time.
    private static let roundTrip = Duration.microseconds(400)

    /// Commands that a busy chip ignores and that may be repeated: write enable and disable, program, erase, reads.
    private static let queueable: Set<UInt8> = [
        0x06, 0x04, 0x02, 0x20, 0x52, 0xD8, 0xD7, 0x03, 0x0B, 0x9F, 0x5A,
    ]

    /// Everything from the next operation up to one whose outcome must be known before going on.
    mutating func programs(_ estimate: (StatusPoll) -> PollEstimate) -> [MPSSEProgram] {
        var programs: [MPSSEProgram] = []
        var program = MPSSEProgram(hertz: hertz)
        var index = next
        loop: while index < batch.count {
            if program.out.count >= Self.programSize || program.answerCount >= 65_536 {
                program.finish()
                programs.append(program)
                program = MPSSEProgram(hertz: hertz)
            }
            switch batch[index] {
            case .exchange(let write, let readCount):
                program.exchange(write, readCount, operation: index, pins: pins)
            case .pause(let time):
                guard time <= PollEstimate.longestQueued else { break loop }
                program.pause(time)
            case .poll(let poll):
                let estimate = estimate(poll)
                let isQueued = mayQueue(behind: poll, at: index, estimate)
                let schedule = estimate.schedule(queued: isQueued)
                schedules[index] = (schedule, isQueued)
                program.poll(poll.opcode, schedule, operation: index, pins: pins)
                if !isQueued {
                    index += 1
                    break loop
                }
            }
            index += 1
        }
        if !program.isEmpty {
            program.finish()
            programs.append(program)
        }
        end = index
        return programs
    }

    /// Where the programs under way stop.
    private var end = 0

    private func mayQueue(behind poll: StatusPoll, at index: Int, _ estimate: PollEstimate) -> Bool {
        guard poll.opcode == 0x05, poll.mask == 0x01, poll.match == 0x00,
            estimate.favoursQueueing(roundTrip: Self.roundTrip)
        else { return false }
        // Everything up to the next poll is at stake.
        for operation in batch[(index + 1)...] {
            switch operation {
            case .exchange(let write, _):
                guard let opcode = write.first, Self.queueable.contains(opcode) else { return false }
            case .pause: return false
            case .poll: return true
            }
        }
        return true
    }

    /// Sorts an answer's bytes to their operations.
    /// - Returns: the first poll that did not find the chip done; what came behind it does not count.
    mutating func take(
        _ answer: [UInt8], to program: MPSSEProgram,
        found: (StatusPoll, _ look: Int, PollEstimate.Schedule, _ isQueued: Bool) -> Void
    ) -> LatePoll? {
        var offset = 0
        for expectation in program.expectations {
            switch expectation {
            case .data(let operation, let count):
                results[operation] = Array(answer[offset..<offset + count])
                offset += count
            case .poll(let operation, let looks):
                let seen = answer[offset..<offset + looks]
                offset += looks
                guard case .poll(let poll) = batch[operation], let (schedule, isQueued) = schedules[operation]
                else { continue }
                guard let index = seen.firstIndex(where: { $0 & poll.mask == poll.match }) else {
                    next = operation
                    return LatePoll(
                        operation: operation, poll: poll, status: seen.last ?? 0xFF, elapsed: schedule.span,
                        wasQueued: isQueued)
                }
                found(poll, index - seen.startIndex, schedule, isQueued)
                results[operation] = [seen[index]]
            }
        }
        // `next` matters only where a stretch stops: at its end, unless a poll is late.
        next = end
        return nil
    }

    mutating func finish(_ late: LatePoll, status: UInt8) {
        results[late.operation] = [status]
        next = late.operation + 1
    }
}
