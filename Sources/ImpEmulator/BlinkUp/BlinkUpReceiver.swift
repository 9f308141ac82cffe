/// The module's optical receiver: finds bright and dark, then the clock, then the sync word, then bytes.
struct BlinkUpReceiver {
    /// What the light was.
    enum Outcome: Equatable {
        /// A whole packet whose checksum is right.
        case packet(BlinkUpPacket)
        /// Data began and did not end well.
        case damaged
    }

    /// Bright and dark follow the light (R39); else what the first flashes showed holds for all.
    var followsLight = true
    /// Preamble runs may differ by so much from their mean (R40); a twelfth without it.
    var preambleTolerance = 0.48
    private let coding = BlinkUpCoding()

    /// Tolerance of a receiver from before R40.
    static let strictTolerance = 0.08
    /// Runs of the preamble that must be alike before the clock counts as found.
    private static let runsToLock = 12
    /// Weaker flashes are not seen, as a share of the sensor's range.
    private static let leastContrast: Float = 0.04
    /// How fast bright and dark follow, per sample.
    private static let following: Float = 0.02

    private var high: Float = 0
    private var low: Float = 0
    private var isStarted = false
    private var isBright = false
    private var edgesSeen = 0
    private var samplesInRun = 0
    /// Samples in a frame; zero until the preamble has shown it.
    private var period = 0.0
    private var alike: [Double] = []
    private var window: [Bool] = []
    private var bits: [Bool]?
    private var equalRun = 0
    private var lastBit: Bool?
    private var skipsNext = false

    /// Runs over a whole recording.
    static func decode(_ levels: [Float], followsLight: Bool, tolerance: Double) -> Outcome? {
        var receiver = BlinkUpReceiver()
        receiver.followsLight = followsLight
        receiver.preambleTolerance = tolerance
        for level in levels {
            if let outcome = receiver.take(level) { return outcome }
        }
        return receiver.bits == nil ? nil : .damaged
    }

    /// One reading of the light sensor.
    mutating func take(_ level: Float) -> Outcome? {
        follow(level)
        samplesInRun += 1
        let middle = (high + low) / 2
        let margin = (high - low) * 0.1
        let next = isBright ? level > middle - margin : level > middle + margin
        guard high - low >= Self.leastContrast, next != isBright else { return nil }
        let run = Double(samplesInRun)
        let was = isBright
        isBright = next
        samplesInRun = 0
        edgesSeen += 1
        return edgesSeen > 1 ? endOfRun(run, bright: was) : nil
    }

    private mutating func follow(_ level: Float) {
        guard isStarted else {
            isStarted = true
            (high, low) = (level, level)
            return
        }
        if high - low < Self.leastContrast || edgesSeen < 4 {
            high = max(high, level)
            low = min(low, level)
        } else if followsLight {
            if isBright {
                high += (level - high) * Self.following
            } else {
                low += (level - low) * Self.following
            }
        }
    }

    private mutating func endOfRun(_ run: Double, bright: Bool) -> Outcome? {
        guard period > 0 else {
            hunt(run)
            return nil
        }
        let count = Int((run / period).rounded())
        // Sync word and data may meet in equal frames.
        guard (1...coding.longestRun + 2).contains(count) else {
            defer { restart() }
            return bits == nil ? nil : .damaged
        }
        period += (run / Double(count) - period) * 0.02
        for _ in 0..<count {
            if let outcome = take(bit: bright) { return outcome }
        }
        return nil
    }

    /// Looks for runs that are alike.
    private mutating func hunt(_ run: Double) {
        // Nothing faster than 200 Hz, nothing slower than 40 Hz.
        guard
            (LightConditions.sampleRate / 200...LightConditions.sampleRate / 40).contains(run)
                || !alike.isEmpty
        else { return }
        let mean = alike.isEmpty ? run : alike.reduce(0, +) / Double(alike.count)
        guard abs(run - mean) <= mean * preambleTolerance else {
            alike = [run]
            return
        }
        alike.append(run)
        if alike.count >= Self.runsToLock { period = alike.reduce(0, +) / Double(alike.count) }
    }

    private mutating func restart() {
        period = 0
        alike.removeAll()
        window.removeAll()
        bits = nil
        equalRun = 0
        lastBit = nil
        skipsNext = false
    }

    private mutating func take(bit: Bool) -> Outcome? {
        guard bits != nil else {
            window.append(bit)
            if window.count > coding.syncWord.count { window.removeFirst() }
            if window == coding.syncWord { bits = [] }
            return nil
        }
        equalRun = bit == lastBit ? equalRun + 1 : 1
        lastBit = bit
        if skipsNext {
            skipsNext = false
            return nil
        }
        bits?.append(bit)
        skipsNext = equalRun == coding.longestRun
        return finished()
    }

    private mutating func finished() -> Outcome? {
        guard let bits, bits.count >= 16 else { return nil }
        let length = Int(Self.bytes(bits[..<16])[0]) | Int(Self.bytes(bits[..<16])[1]) << 8
        let needed = 16 + (length + 4) * 8
        guard bits.count >= needed else { return nil }
        let packet = BlinkUpPacket(decoding: Self.bytes(bits[16..<needed]))
        restart()
        return packet.map { .packet($0) } ?? .damaged
    }

    private static func bytes(_ bits: ArraySlice<Bool>) -> [UInt8] {
        stride(from: bits.startIndex, to: bits.endIndex - 7, by: 8).map { start in
            (0..<8).reduce(UInt8(0)) { byte, shift in
                bits[start + shift] ? byte | 1 << UInt8(shift) : byte
            }
        }
    }
}
