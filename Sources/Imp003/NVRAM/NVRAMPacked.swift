import ContentAddress

/// The binary form of an NVRAM image, as a driver hands it to the chip.
///
/// Entries one after another, each with a NUL; at least one more NUL, zeros up to a multiple of four; then a
/// little-endian word whose low half is the length so far in words and whose high half is its complement.
public struct NVRAMPacked: Hashable, Sendable {
    /// The whole, length token included.
    public let bytes: [UInt8]
    /// Bytes of the entries with their NULs, before padding.
    public let strippedLength: Int
    /// How many entries it holds, an added `boardrev` included.
    public let entryCount: Int
    /// True when the driver's `boardrev=0xff` was added because the text has none.
    public let boardrevAppended: Bool
    /// True when the text went on past what the driver takes.
    public let cut: Bool

    /// The last four bytes.
    public var tokenBytes: [UInt8] { Array(bytes.suffix(4)) }

    /// SHA-256 of `bytes`.
    public var digest: SHA256Digest { SHA256Digest(of: bytes) }

    /// The four token bytes for a padded length.
    /// - Parameter length: bytes before the token; a multiple of four below 262,144.
    static func token(forLength length: Int) -> [UInt8] {
        let words = UInt16(truncatingIfNeeded: length / 4)
        return [
            UInt8(truncatingIfNeeded: words), UInt8(truncatingIfNeeded: words >> 8),
            UInt8(truncatingIfNeeded: ~words), UInt8(truncatingIfNeeded: ~words >> 8),
        ]
    }
}

extension NVRAMImage {
    /// The binary form of what the driver takes over.
    /// - Throws: `NVRAMPackError.empty` when no entry is left: the driver then refuses the image.
    public func packed() throws(NVRAMPackError) -> NVRAMPacked {
        guard !entries.isEmpty else { throw .empty }
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += entry.description.utf8
            bytes.append(0)
        }
        if !boardrevSeen {
            bytes += "boardrev=0xff".utf8
            bytes.append(0)
        }
        let strippedLength = bytes.count
        let padded = (strippedLength / 4 + 1) * 4
        bytes += repeatElement(0, count: padded - strippedLength)
        bytes += NVRAMPacked.token(forLength: padded)
        return NVRAMPacked(
            bytes: bytes, strippedLength: strippedLength, entryCount: entries.count + (boardrevSeen ? 0 : 1),
            boardrevAppended: !boardrevSeen, cut: dropped.contains { $0.reason == .pastCapacity })
    }
}

/// Why an image has no binary form.
public enum NVRAMPackError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty

    public var description: String {
        switch self {
        case .empty:
            "The NVRAM text holds no setting: write one key=value a line, each line with its end."
        }
    }
}
