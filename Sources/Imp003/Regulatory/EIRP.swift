/// Equivalent isotropically radiated power, exact to a hundredth of a dBm as the regulatory database has it.
///
/// Limits that a regulation gives in milliwatts come out uneven there: 4 W is 36.02 dBm, 500 mW 26.98 dBm.
public struct EIRP: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// 2000 is 20.00 dBm, 100 mW.
    public let hundredthsOfDBm: Int

    public init(hundredthsOfDBm: Int) {
        self.hundredthsOfDBm = hundredthsOfDBm
    }

    /// `36.02 dBm`
    public var description: String { "\(Self.decimal(hundredthsOfDBm)) dBm" }

    /// Hundredths as a decimal fraction: -50 is `-0.50`.
    static func decimal(_ hundredths: Int) -> String {
        let size = hundredths.magnitude
        let fraction = size % 100
        return "\(hundredths < 0 ? "-" : "")\(size / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    public static func < (left: EIRP, right: EIRP) -> Bool {
        left.hundredthsOfDBm < right.hundredthsOfDBm
    }
}

extension EIRP: Codable {
    /// Reads an integer number of hundredths of a dBm.
    public init(from decoder: any Decoder) throws {
        hundredthsOfDBm = try decoder.singleValueContainer().decode(Int.self)
    }

    /// Writes an integer number of hundredths of a dBm: no rounding on the way.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hundredthsOfDBm)
    }
}
