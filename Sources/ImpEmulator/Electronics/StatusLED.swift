import Fixturing

/// The module's red/green LED pair: which pattern it plays, and what an eye sees.
public final class StatusLED {
    /// What the pair shows together: amber is both.
    public enum Colour: String, Sendable, Codable {
        case off, red, green, amber
    }

    /// One stretch of a pattern.
    public struct Stretch: Sendable, Equatable {
        /// What shines meanwhile.
        public var colour: Colour
        /// How long.
        public var milliseconds: Int
    }

    /// What the module wants to say.
    ///
    /// On and off times are from a licensee's copy of the vendor's table, which gives no colours; those of the
    /// connecting states are the vendor's habit (amber until joined, red with an address, green when connected) and
    /// a choice here.
    public enum Pattern: String, Sendable, Codable, CaseIterable {
        case dark
        case blinkUpAccepted, blinkUpRejected
        case unconfigured, searching, joining, gettingAddress, resolving, connecting, connected
        case flashError, supplyProblem
        case blessed, blessingFailed
    }

    /// Each pattern, one period of it.
    public static let patterns: [Pattern: [Stretch]] = [
        .dark: stretches(.off, [1000]),
        .blinkUpAccepted: stretches(.green, [1000]),
        .blinkUpRejected: stretches(.red, [250, 750]),
        .unconfigured: stretches(.amber, [500, 500]),
        .searching: stretches(.amber, [500, 500, 500, 250, 250, 250]),
        .joining: stretches(.amber, [500, 500, 500, 250, 250, 250, 250, 250]),
        .gettingAddress: stretches(.red, [500, 250, 250, 250]),
        .resolving: stretches(.red, [500, 250, 250, 250]),
        .connecting: stretches(.red, [500, 500, 500, 250]),
        .connected: stretches(.green, [500, 500]),
        .flashError: [Stretch(colour: .red, milliseconds: 500), Stretch(colour: .amber, milliseconds: 250)],
        .supplyProblem: stretches(.red, [1000]),
        .blessed: stretches(.green, [1000]),
        .blessingFailed: stretches(.red, [1000]),
    ]

    /// What is being played.
    public private(set) var pattern = Pattern.dark
    private var since = VirtualInstant.start

    func show(_ pattern: Pattern, at now: VirtualInstant) {
        guard pattern != self.pattern else { return }
        self.pattern = pattern
        since = now
    }

    /// The colour at one instant.
    public func colour(at now: VirtualInstant) -> Colour {
        let stretches = Self.patterns[pattern] ?? []
        let period = stretches.reduce(0) { $0 + $1.milliseconds }
        guard period > 0 else { return .off }
        var phase = Int((now.nanoseconds - since.nanoseconds) / 1_000_000) % period
        for stretch in stretches {
            if phase < stretch.milliseconds { return stretch.colour }
            phase -= stretch.milliseconds
        }
        return .off
    }

    /// What somebody who looks for a few seconds would report.
    public var indicator: Indicator {
        let stretches = Self.patterns[pattern] ?? []
        guard stretches.count == 1, let only = stretches.first else { return .blinking }
        switch only.colour {
        case .off: return .off
        case .red: return .red
        case .green: return .green
        case .amber: return .amber
        }
    }

    /// Alternating on and off, beginning with on.
    private static func stretches(_ colour: Colour, _ milliseconds: [Int]) -> [Stretch] {
        milliseconds.enumerated().map {
            Stretch(colour: $0.offset % 2 == 0 ? colour : .off, milliseconds: $0.element)
        }
    }
}
