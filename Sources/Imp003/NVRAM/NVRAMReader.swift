/// The state machine of brcmfmac's text reader (`firmware.c` in Linux), step for step.
///
/// Not obvious, and relied upon: *any* byte that cannot be in a value ends it, a tab or a stray byte as well as
/// a line end, and what follows on the line is then read as another key; a `#` ends a value, blanks before it
/// included; a comment ends at a NUL as well as at a line end, because C looks for its end with `strchr`.
struct NVRAMReader {
    private enum State {
        case idle, key, value, comment, end
    }

    /// The driver stops when its output would reach this.
    static let capacity = 64_000

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// Where the entry being read began.
    private var start = 0
    private var equals = 0
    private var strippedLength = 0

    private(set) var entries: [NVRAMEntry] = []
    private(set) var dropped: [NVRAMDroppedLine] = []
    private(set) var boardrevSeen = false

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Bytes that keys and values are made of: printable, but not the comment mark.
    static func isSettingByte(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "#")
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let blanks: Set<UInt8> = [0x20, 0x0D, 0x09, 0x00]

    mutating func readAll() {
        var state = State.idle
        while position < bytes.count, state != .end {
            switch state {
            case .idle: state = idle()
            case .key: state = key()
            case .value: state = value()
            case .comment: state = comment()
            case .end: break
            }
        }
        switch state {
        case .key: drop(.keyInterrupted(by: nil), upTo: position)
        case .value: drop(.unterminated, upTo: equals)
        case .idle, .comment, .end: break
        }
    }

    private mutating func idle() -> State {
        let byte = bytes[position]
        if byte == Self.lineFeed || byte == UInt8(ascii: "#") { return .comment }
        if !Self.blanks.contains(byte), Self.isSettingByte(byte) {
            start = position
            return .key
        }
        position += 1
        return .idle
    }

    private mutating func key() -> State {
        let byte = bytes[position]
        if byte == UInt8(ascii: "=") {
            equals = position
            position += 1
            if begins(with: "boardrev") { boardrevSeen = true }
            if begins(with: "RAW1") {
                drop(.raw1, upTo: equals)
                return .comment
            }
            return .value
        }
        guard Self.isSettingByte(byte), byte != 0x20 else {
            drop(.keyInterrupted(by: byte), upTo: position)
            return .comment
        }
        position += 1
        return .key
    }

    private mutating func value() -> State {
        if Self.isSettingByte(bytes[position]) {
            position += 1
            return .value
        }
        let length = position - start
        guard strippedLength + length + 1 < Self.capacity else {
            drop(.pastCapacity, upTo: equals)
            return .end
        }
        strippedLength += length + 1
        entries.append(
            NVRAMEntry(line: line, key: text(start..<equals), value: text(equals + 1..<position)))
        return .idle
    }

    private mutating func comment() -> State {
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.lineFeed {
                line += 1
                return .idle
            }
            if byte == 0 { return .idle }
        }
        return .comment
    }

    private mutating func drop(_ reason: NVRAMDroppedLine.Reason, upTo end: Int) {
        dropped.append(NVRAMDroppedLine(line: line, reason: reason, text: text(start..<end)))
    }

    private func begins(with prefix: String) -> Bool {
        bytes[start...].starts(with: prefix.utf8)
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: Unicode.ASCII.self)
    }
}
