/// One I²C transaction as edges on two open-drain lines.
struct I2CSignal {
    /// What a transaction is at, as far as errors tell it apart.
    enum Stage: Equatable {
        case start, address, data, lastByte, restart, readAddress, receive, stop
    }

    private(set) var clock: [(time: VirtualInstant, drive: Drive)] = []
    private(set) var data: [(time: VirtualInstant, drive: Drive)] = []
    /// What the addressed device does to the data line.
    private(set) var device: [(time: VirtualInstant, drive: Drive)] = []
    private(set) var time: VirtualInstant
    /// The stages in their order, with the end of each.
    private var stages: [(end: VirtualInstant, stage: Stage)] = []
    private let quarter: Duration

    init(start: VirtualInstant, kilohertz: Int) {
        time = start
        quarter = .nanoseconds(250_000 / kilohertz)
    }

    /// What the transaction was at.
    func stage(at time: VirtualInstant) -> Stage {
        stages.first { $0.end > time }?.stage ?? .stop
    }

    /// Start condition, also a repeated one.
    mutating func begin() {
        let isFirst = stages.isEmpty
        data.append((time, .floating))
        time = time + quarter
        clock.append((time, .floating))
        time = time + quarter
        data.append((time, .low))
        time = time + quarter
        clock.append((time, .low))
        time = time + quarter
        stages.append((time, isFirst ? .start : .restart))
    }

    /// Stop condition.
    mutating func end() {
        data.append((time, .low))
        time = time + quarter
        clock.append((time, .floating))
        time = time + quarter
        data.append((time, .floating))
        time = time + quarter
        stages.append((time, .stop))
    }

    private mutating func bit(_ controller: Bool, _ other: Bool) {
        data.append((time, controller ? .floating : .low))
        device.append((time, other ? .floating : .low))
        time = time + quarter
        clock.append((time, .floating))
        time = time + quarter * 2
        clock.append((time, .low))
        time = time + quarter
        device.append((time, .floating))
    }

    /// - Returns: `acknowledged`.
    mutating func send(_ byte: UInt8, _ stage: Stage, acknowledged: Bool) -> Bool {
        for shift in (0..<8).reversed() { bit(byte >> UInt8(shift) & 1 == 1, true) }
        bit(true, !acknowledged)
        stages.append((time, stage))
        return acknowledged
    }

    mutating func receive(_ byte: UInt8, isLast: Bool) {
        for shift in (0..<8).reversed() { bit(true, byte >> UInt8(shift) & 1 == 1) }
        bit(isLast, true)
        stages.append((time, .receive))
    }
}
