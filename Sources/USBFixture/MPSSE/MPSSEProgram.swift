import SerialNOR

/// Commands for the MPSSE and what is expected back, built up operation by operation.
///
/// It ends with a command that does not exist: the engine's complaint about it must come back right behind the last
/// expected byte, which proves that no byte was lost or added on the way.
struct MPSSEProgram {
    /// What the answer's next bytes are.
    enum Expectation {
        case data(operation: Int, count: Int)
        /// One byte for each look.
        case poll(operation: Int, looks: Int)
    }

    private(set) var out: [UInt8] = []
    private(set) var expectations: [Expectation] = []
    private(set) var answerCount = 0
    /// How long the engine will be at it, its own overhead not counted.
    private(set) var duration = Duration.zero
    let hertz: Int

    init(hertz: Int) {
        self.hertz = hertz
        out.reserveCapacity(24_576)
    }

    var isEmpty: Bool { out.isEmpty }
    static let markerCount = 2

    mutating func append(_ commands: [UInt8]) {
        out += commands
    }

    mutating func setPins(_ pins: PinImage) {
        out += pins.commands
    }

    private mutating func setLow(_ pins: PinImage, selected: Bool) {
        let level = selected ? pins.low & ~PinImage.chipSelect : pins.low | PinImage.chipSelect
        out += [MPSSECommand.setLow, level, pins.lowOutputs]
    }

    private mutating func spend(bytes: Int) {
        duration += .nanoseconds(Int64(bytes) * 8_000_000_000 / Int64(hertz))
    }

    private mutating func write(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let end = min(start + MPSSECommand.longest, bytes.count)
            out += MPSSECommand.counted(MPSSECommand.writeBytes, end - start)
            out += bytes[start..<end]
            start = end
        }
        spend(bytes: bytes.count)
    }

    private mutating func read(_ count: Int) {
        var left = count
        while left > 0 {
            let piece = min(left, MPSSECommand.longest)
            out += MPSSECommand.counted(MPSSECommand.readBytes, piece)
            left -= piece
        }
        answerCount += count
        spend(bytes: count)
    }

    /// One frame between two edges of chip select.
    mutating func exchange(_ write: [UInt8], _ readCount: Int, operation: Int, pins: PinImage) {
        setLow(pins, selected: true)
        self.write(write)
        if readCount > 0 {
            read(readCount)
            expectations.append(.data(operation: operation, count: readCount))
        }
        setLow(pins, selected: false)
    }

    /// Clock cycles with nobody selected.
    mutating func pause(_ time: Duration) {
        guard time > .zero else { return }
        var bytes = Int((time.seconds * Double(hertz) / 8).rounded(.up))
        spend(bytes: bytes)
        while bytes > 0 {
            let piece = min(bytes, MPSSECommand.longest)
            out += MPSSECommand.counted(MPSSECommand.clockBytes, piece)
            bytes -= piece
        }
    }

    /// Waits, then reads the status register once for each look, each time in a frame of its own.
    mutating func poll(_ opcode: UInt8, _ schedule: PollEstimate.Schedule, operation: Int, pins: PinImage) {
        pause(schedule.wait)
        for look in 0..<schedule.looks {
            if look > 0 { pause(schedule.gap) }
            setLow(pins, selected: true)
            write([opcode])
            read(1)
            setLow(pins, selected: false)
        }
        expectations.append(.poll(operation: operation, looks: schedule.looks))
    }

    /// Reads the levels of both bytes of pins.
    mutating func readPins() {
        out += [MPSSECommand.readLow, MPSSECommand.readHigh]
        expectations.append(.data(operation: 0, count: 2))
        answerCount += 2
    }

    /// The marker, and the order to send at once.
    mutating func finish() {
        out += [MPSSECommand.bogusB, MPSSECommand.sendImmediate]
    }
}

extension Duration {
    /// In seconds, as a number.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
