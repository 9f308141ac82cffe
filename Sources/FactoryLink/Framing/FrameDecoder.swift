/// Finds frames in a stream of bytes that comes in any pieces and may hold anything: boot chatter, damaged
/// frames, noise. Never keeps more than its limit.
public struct FrameDecoder: Sendable {
    /// What was found.
    public enum Finding: Sendable, Equatable {
        /// A whole frame with the right checksum.
        case frame(Frame)
        /// Bytes that are no frame, without their delimiters: text from a console, or a damaged frame.
        case noise([UInt8])
    }

    /// The longest frame accepted, in wire bytes with both delimiters.
    public let limit: Int
    private var pending: [UInt8] = []
    private var isOverlong = false

    /// - Parameter limit: wire bytes with both delimiters, `Frame.smallestLimit`…`Frame.largestLimit`; the nearer
    ///   end is taken for anything outside.
    public init(limit: Int) {
        self.limit = min(max(limit, Frame.smallestLimit), Frame.largestLimit)
        pending.reserveCapacity(self.limit)
    }

    /// Bytes received since the last delimiter: the start of a frame, or noise that hasn't ended.
    public var undecided: [UInt8] { pending }

    /// Takes what has arrived.
    /// - Returns: what is now certain, in the order of arrival.
    public mutating func receive(_ bytes: [UInt8]) -> [Finding] {
        var findings: [Finding] = []
        var position = 0
        while position < bytes.count {
            let rest = bytes[position...]
            let end = rest.firstIndex(of: FrameCodec.delimiter)
            // An overlong piece can't be a frame any more, but a person may want to read it: pass it on in parts.
            var piece = rest[..<(end ?? rest.endIndex)]
            while pending.count + piece.count > limit - 2 {
                let room = limit - 2 - pending.count
                pending.append(contentsOf: piece.prefix(room))
                piece = piece.dropFirst(room)
                findings.append(.noise(pending))
                pending.removeAll(keepingCapacity: true)
                isOverlong = true
            }
            pending.append(contentsOf: piece)
            guard let end else { break }
            position = end + 1
            if !pending.isEmpty {
                if !isOverlong, let frame = FrameCodec.decode(pending[...]) {
                    findings.append(.frame(frame))
                } else {
                    findings.append(.noise(pending))
                }
                pending.removeAll(keepingCapacity: true)
            }
            isOverlong = false
        }
        return findings
    }

    /// Forgets the start of an unfinished frame, as after a reset of the line.
    public mutating func reset() {
        pending.removeAll(keepingCapacity: true)
        isOverlong = false
    }
}
