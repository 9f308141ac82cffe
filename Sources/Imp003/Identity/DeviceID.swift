/// What `hardware.getdeviceid()` returns: sixteen lower-case hexadecimal digits that never change.
///
/// On an imp003 the samples at hand are all `3000` followed by the MAC address. That is an inference, not a
/// published rule, so a different ID is worth a warning but no refusal: see `findings(reportedMAC:)`.
public struct DeviceID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Sixteen digits, `0`…`9` and `a`…`f`.
    public let text: String

    /// The four digits with which an imp003's ID is expected to begin.
    public static let imp003Prefix = "3000"

    /// - Throws: `DeviceIDError` unless `text` is exactly sixteen *lower-case* hexadecimal digits.
    public init(parsing text: some StringProtocol) throws(DeviceIDError) {
        let digits = Array(text.utf8)
        guard digits.count == 16 else { throw .wrongLength(found: String(text), count: digits.count) }
        for (index, digit) in digits.enumerated() {
            guard HexDigit.value(digit) != nil, !(0x41...0x46).contains(digit) else {
                throw .badDigit(found: String(text), position: index + 1)
            }
        }
        self.text = String(text)
    }

    /// The ID that an imp003 with this MAC address is expected to have.
    public init(imp003With address: MACAddress) {
        text = Self.imp003Prefix + address.bareHex
    }

    public var description: String { text }

    /// What is unusual about this ID for an imp003.
    /// - Parameter reportedMAC: what `imp.getmacaddress()` returned, when it is known.
    /// - Returns: warnings `ID001` (does not begin with 3000) and `ID002` (tail is not the MAC address).
    public func findings(reportedMAC: MACAddress? = nil) -> [Finding] {
        var findings: [Finding] = []
        if !text.hasPrefix(Self.imp003Prefix) {
            findings.append(
                Finding(
                    code: "ID001", severity: .warning,
                    message: """
                        Device ID \(text) begins with \(text.prefix(4)); every imp003 seen so far begins with \
                        \(Self.imp003Prefix). Check that the module in the slot is an imp003.
                        """))
        }
        if let reportedMAC, text.suffix(12) != reportedMAC.bareHex {
            findings.append(
                Finding(
                    code: "ID002", severity: .warning,
                    message: """
                        Device ID \(text) ends in \(text.suffix(12)), but the module reports MAC address \
                        \(reportedMAC.bareHex); on an imp003 the two agree. Read both again, and set the unit \
                        aside if they still differ.
                        """))
        }
        return findings
    }

    public static func < (left: DeviceID, right: DeviceID) -> Bool {
        left.text < right.text
    }
}

extension DeviceID: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Why a text is no device ID.
public enum DeviceIDError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongLength(found: String, count: Int)
    /// Position counts from 1.
    case badDigit(found: String, position: Int)

    public var description: String {
        switch self {
        case .wrongLength(let found, let count):
            """
            \(Wording.quoted(found)) is not a device ID: it has \(Wording.counted(count, "character")), a device \
            ID has exactly 16 lower-case hexadecimal digits, as in 30000c2a690003f7.
            """
        case .badDigit(let found, let position):
            """
            \(Wording.quoted(found)) is not a device ID: character \(position) is not one of 0-9 and a-f (lower \
            case). Copy it as the module reports it.
            """
        }
    }
}
