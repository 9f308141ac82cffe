/// What a source does to its net at one instant, the wires' own resistance left out.
enum Drive: Equatable, Sendable {
    case floating
    case low, high
    /// A DAC's output, as a fraction of the supply.
    case analog(Double)

    init(_ level: Bool) { self = level ? .high : .low }

    /// Volts as a fraction of the supply; nil when nothing is driven.
    var fraction: Double? {
        switch self {
        case .floating: nil
        case .low: 0
        case .high: 1
        case .analog(let fraction): fraction
        }
    }
}

/// A resistor from a net to somewhere.
struct Pull: Equatable, Sendable {
    /// Volts at its other end, as a fraction of the supply.
    var fraction: Double
    var kiloohms: Double

    /// The module's own pull-up: 40 kΩ typical in the microcontroller's data sheet.
    static let up = Pull(fraction: 1, kiloohms: 40)
    /// The module's own pull-down.
    static let down = Pull(fraction: 0, kiloohms: 40)
}

/// A drive whose course is known in advance, so that nothing has to be scheduled for its edges.
protocol Waveform: Sendable {
    func drive(at time: VirtualInstant) -> Drive
    /// The first instant after `time` at which the drive may be another one; nil when it stays.
    func nextChange(after time: VirtualInstant) -> VirtualInstant?
}

/// What a source puts on its net from some instant on.
enum Signal: Sendable {
    case steady(Drive)
    case wave(any Waveform)

    static let floating = Signal.steady(.floating)

    func drive(at time: VirtualInstant) -> Drive {
        switch self {
        case .steady(let drive): drive
        case .wave(let wave): wave.drive(at: time)
        }
    }

    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        switch self {
        case .steady: nil
        case .wave(let wave): wave.nextChange(after: time)
        }
    }
}
