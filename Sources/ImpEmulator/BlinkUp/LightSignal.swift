import TimeAndChance

/// Flashes on their way: frames and how fast they follow one another.
public struct LightSignal: Sendable, Equatable {
    /// Bright or dark, one after the other.
    public var frames: [Bool]
    /// Frames a second.
    public var rate: Double

    public init(frames: [Bool], rate: Double) {
        self.frames = frames
        self.rate = rate
    }

    /// A packet in the emulator's coding.
    public init(_ packet: BlinkUpPacket, rate: Double = BlinkUpCoding.fastRate) {
        self.init(frames: BlinkUpCoding().frames(of: packet), rate: rate)
    }

    /// From the first frame's beginning to the last one's end.
    public var duration: Duration { .wholeNanoseconds(ofSeconds: Double(frames.count) / rate) }

    /// When frame `index` begins, after the signal's beginning.
    func start(of index: Int) -> Duration { .wholeNanoseconds(ofSeconds: Double(index) / rate) }
}

/// What becomes of light between a screen or LED and the module's sensor.
public struct LightConditions: Sendable, Equatable {
    /// The room's light at the sensor at the beginning and at the end, as a share of the sensor's range.
    public var ambient: ClosedRange<Double>
    /// What a bright frame adds at the beginning, and at the end: a phone that moves away or to the side.
    public var brightness: (first: Double, last: Double)
    /// Each edge comes so much earlier or later at most: screens show frames late.
    public var jitter: Duration

    /// An LED in a fixture, right in front of the sensor.
    public static let fixture = LightConditions(ambient: 0.1...0.1, brightness: (0.7, 0.7), jitter: .zero)
    /// A phone that slides away while it flashes, towards a lamp (R39).
    public static let slidingPhone = LightConditions(
        ambient: 0.1...0.35, brightness: (0.85, 0.12), jitter: .zero)
    /// A phone that shows frames up to a sixth of their time too early or too late (R40).
    public static let jitteryPhone = LightConditions(
        ambient: 0.1...0.1, brightness: (0.7, 0.7), jitter: .microseconds(1_150))

    public init(ambient: ClosedRange<Double>, brightness: (first: Double, last: Double), jitter: Duration) {
        self.ambient = ambient
        self.brightness = brightness
        self.jitter = jitter
    }

    public static func == (left: LightConditions, right: LightConditions) -> Bool {
        left.ambient == right.ambient && left.brightness == right.brightness && left.jitter == right.jitter
    }

    /// What a signal adds to the room's light at rest, as a share of the sensor's range, so long after its beginning.
    /// Late and early frames are left out.
    func added(by signal: LightSignal, after elapsed: Duration) -> Double {
        guard elapsed >= .zero, elapsed < signal.duration, !signal.frames.isEmpty else { return 0 }
        let share = elapsed.inSeconds / signal.duration.inSeconds
        let index = min(Int(elapsed.inSeconds * signal.rate), signal.frames.count - 1)
        let bright = brightness.first + (brightness.last - brightness.first) * share
        return (ambient.upperBound - ambient.lowerBound) * share + (signal.frames[index] ? bright : 0)
    }

    /// Readings a second of the module's light sensor; a choice.
    static let sampleRate = 4_000.0

    /// What the sensor reads, sample by sample, from a little before the signal to a little behind it.
    func levels(of signal: LightSignal, dice: inout SeededGenerator) -> [Float] {
        let frame = 1 / signal.rate
        let lead = 0.05
        let total = Double(signal.frames.count) * frame
        var levels: [Float] = []
        levels.reserveCapacity(Int((total + 2 * lead) * Self.sampleRate) + 1)
        var edges: [Double] = []
        edges.reserveCapacity(signal.frames.count + 1)
        for index in 0...signal.frames.count {
            let shift = (Double(dice.next() >> 11) * 0x1p-53 * 2 - 1) * jitter.inSeconds
            edges.append(Double(index) * frame + shift)
        }
        var index = -1
        for sample in 0..<Int((total + 2 * lead) * Self.sampleRate) {
            let time = Double(sample) / Self.sampleRate - lead
            while index + 1 < edges.count, time >= edges[index + 1] { index += 1 }
            let share = min(max(time / total, 0), 1)
            let room = ambient.lowerBound + (ambient.upperBound - ambient.lowerBound) * share
            let bright = brightness.first + (brightness.last - brightness.first) * share
            let isOn = index >= 0 && index < signal.frames.count && signal.frames[index]
            levels.append(Float(isOn ? room + bright : room))
        }
        return levels
    }
}
