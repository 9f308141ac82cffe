import Ledger
import StationStore

/// What witnesses' clocks say about the station's.
public enum TrustedTime {
    /// Clocks may differ by this much, ms, before one of them is doubted.
    public static let tolerance: Int64 = 60_000

    /// Whether a cosignature contradicts the station's calendar.
    ///
    /// A witness signs what exists: an entry under the checkpoint that claims to be younger than the cosignature was made
    /// by a clock that is ahead. A cosignature from the station's future shows a clock that is behind, or was set back.
    /// - Parameters:
    ///   - lastEntryAt: of the last entry under the checkpoint, UTC ms.
    ///   - now: the station's clock, UTC ms.
    public static func doubt(_ cosignature: Cosignature, lastEntryAt: Int64, now: Int64) -> ClockDoubted? {
        guard cosignature.timestamp < .max / 1000 else { return nil }
        let witnessed = cosignature.timestamp * 1000
        if lastEntryAt > witnessed + tolerance {
            return ClockDoubted(source: cosignature.witness.name, expected: witnessed, found: lastEntryAt)
        }
        if now < witnessed - tolerance {
            return ClockDoubted(source: cosignature.witness.name, expected: witnessed, found: now)
        }
        return nil
    }
}
