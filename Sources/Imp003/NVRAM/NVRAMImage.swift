import ContentAddress

/// One setting as the driver takes it over.
public struct NVRAMEntry: Hashable, Sendable, CustomStringConvertible {
    /// Line of the text, counted from 1.
    public let line: Int
    /// What stands before the first `=`: printable ASCII without blank and `#`; may be empty.
    public let key: String
    /// What stands after it, blanks included: printable ASCII without `#`; may be empty.
    public let value: String

    /// `key=value`, as it goes into the packed form.
    public var description: String { "\(key)=\(value)" }
}

/// Something in the text that looks like a setting, but never reaches the chip.
public struct NVRAMDroppedLine: Hashable, Sendable {
    /// Why the driver passes over it.
    public enum Reason: Hashable, Sendable {
        /// A blank or another byte that no key may have stands before `=`; nil when the text ends there.
        case keyInterrupted(by: UInt8?)
        /// The key begins with `RAW1`, which the driver takes for a comment.
        case raw1
        /// The text ends without a line end after the value.
        case unterminated
        /// The packed form would reach 64000 bytes; nothing from here on is taken.
        case pastCapacity
    }

    /// Line of the text, counted from 1.
    public let line: Int
    public let reason: Reason
    /// The key as far as it goes.
    public let text: String
}

/// A WiFi NVRAM image in its text form: what `imp.setnvramimage()` is given.
///
/// The text is read exactly as the Linux driver for this chip family (brcmfmac) reads it, oddities included,
/// because that is the only published reader: what it would lose, a production image must not contain.
/// Reading never fails; what is wrong is said by `findings(_:)`.
public struct NVRAMImage: Sendable {
    /// The exact text, byte by byte, as it will be handed to the module.
    public let bytes: [UInt8]
    /// What the driver takes over, in order, duplicates included.
    public let entries: [NVRAMEntry]
    /// What it passes over although it is no comment, in order.
    public let dropped: [NVRAMDroppedLine]
    /// True when a key beginning with `boardrev` was seen, even one whose entry was lost afterwards; if not,
    /// the driver adds `boardrev=0xff`.
    let boardrevSeen: Bool

    public init(bytes: [UInt8]) {
        self.bytes = bytes
        var reader = NVRAMReader(bytes: bytes)
        reader.readAll()
        entries = reader.entries
        dropped = reader.dropped
        boardrevSeen = reader.boardrevSeen
    }

    public init(text: String) {
        self.init(bytes: Array(text.utf8))
    }

    /// The value of the first entry with this key; upper and lower case differ.
    public subscript(key: String) -> String? {
        entries.first { $0.key == key }?.value
    }

    /// SHA-256 of the exact text: how an SKU names its image.
    public var textDigest: SHA256Digest { SHA256Digest(of: bytes) }
}
