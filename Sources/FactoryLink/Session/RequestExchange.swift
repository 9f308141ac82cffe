/// One request on its way to an answer, without input or output: which frames to send, what a received frame
/// means. Used by `LinkClient`, which adds the line and the clock.
struct RequestExchange {
    /// What a received frame leads to.
    enum Reaction: Equatable {
        /// Nothing to do with this request.
        case ignored
        /// Good news; send these frames, if any, and wait on.
        case send([Frame])
        /// The firmware is at work: on this request, or on an earlier one.
        case working(LinkProgress)
        /// The whole answer.
        case finished([UInt8])
        /// The firmware doesn't know the sequence number; only for an exchange without a request.
        case unknown
        case failed(LinkError)
    }

    let verb: String
    let sequence: UInt16
    let peer: LinkPeer
    let ownLimits: LinkLimits
    /// The request; nil when only the kept answer is asked for.
    let message: [UInt8]?

    private(set) var tag: UInt8
    /// The longest body that each side should send: made smaller while the line damages frames, since a short
    /// frame gets through where a long one hardly ever does.
    private(set) var piece: Int
    /// True when anything had to be sent twice because of damage.
    private(set) var metDamage = false
    private var isDamageSuspected = false
    private(set) var isAccepted = false
    private(set) var busyWith: UInt16?
    private var held = 0
    private var answer: [UInt8] = []
    private var answerTotal: Int?
    private var burstEnd = 0
    private let firstTag: UInt8
    private var wholeTags: [UInt8] = []

    /// The shortest body to which pieces shrink: what a frame of 64 bytes holds.
    static let shortestPiece = Frame.longestBody(within: Frame.smallestLimit)

    init(
        verb: String, sequence: UInt16, message: [UInt8]?, peer: LinkPeer, ownLimits: LinkLimits, tag: UInt8,
        piece: Int
    ) {
        self.verb = verb
        self.sequence = sequence
        self.message = message
        self.peer = peer
        self.ownLimits = ownLimits
        self.tag = tag
        self.piece = piece
        firstTag = tag
    }

    /// Bytes came that are no frame: if anything turns out to be missing, this is why.
    mutating func suspectDamage() {
        isDamageSuspected = true
    }

    private mutating func shrink() {
        metDamage = true
        isDamageSuspected = false
        piece = max(Self.shortestPiece, piece / 2)
    }

    /// True once the firmware may have the whole request.
    var mayHaveRun: Bool { !wholeTags.isEmpty }

    /// The first frames.
    mutating func start() -> [Frame] {
        message == nil ? [poll()] : burst()
    }

    /// A question about how things stand, for when nothing was heard.
    mutating func poll() -> Frame {
        if isDamageSuspected { shrink() }
        tag &+= 1
        return Frame(
            .poll, endsBurst: true, tag: tag, session: peer.session, sequence: sequence,
            offset: UInt16(answer.count), total: UInt16(piece))
    }

    /// Tells the firmware that nobody waits any more.
    func cancel() -> Frame {
        Frame(.cancel, endsBurst: true, tag: tag &+ 1, session: peer.session, sequence: sequence)
    }

    private mutating func burst() -> [Frame] {
        guard let message else { return [] }
        tag &+= 1
        let pieces = peer.limits.burst(from: held, of: message.count, longest: piece)
        burstEnd = pieces.last?.upperBound ?? held
        if burstEnd == message.count { wholeTags.append(tag) }
        return pieces.enumerated().map { index, piece in
            Frame(
                .request, endsBurst: index == pieces.count - 1, tag: tag, session: peer.session,
                sequence: sequence,
                offset: UInt16(piece.lowerBound), total: UInt16(message.count), body: Array(message[piece]))
        }
    }

    /// What a frame from the firmware means for this request.
    mutating func receive(_ frame: Frame) -> Reaction {
        guard frame.session == peer.session else { return receiveFromOtherSession(frame) }
        // Replies to an earlier burst tell the past; acting on them would double every later burst.
        let isCurrent = frame.tag == tag
        switch frame.kind {
        case .wait:
            if frame.sequence == sequence {
                isAccepted = true
                busyWith = nil
            } else if isCurrent {
                busyWith = frame.sequence
            } else {
                return .ignored
            }
            return .working(LinkProgress(wait: frame))
        case .need where frame.sequence == sequence && isCurrent:
            return continueRequest(from: Int(frame.offset))
        case .response where frame.sequence == sequence:
            return takeAnswer(frame, isCurrent: isCurrent)
        case .reject where frame.sequence == sequence && isCurrent:
            return refused(frame)
        default:
            return .ignored
        }
    }

    private mutating func receiveFromOtherSession(_ frame: Frame) -> Reaction {
        if frame.kind == .reject, frame.offset == RejectReason.unknownSession.rawValue,
            frame.sequence == sequence,
            (1...(tag &- firstTag)).contains(frame.tag &- firstTag)
        {
            // When the new boot itself saw the only burst that held the request's end, the boot before it didn't.
            let seenByNewBoot = wholeTags == [frame.tag]
            return .failed(
                .sessionChanged(
                    verb: verb, from: peer.session, to: frame.session,
                    mayHaveRun: mayHaveRun && !seenByNewBoot))
        }
        // A boot announces itself. It may be an old one from a buffer, so ask rather than believe.
        return frame.kind == .welcome ? .send([poll()]) : .ignored
    }

    private mutating func continueRequest(from offset: Int) -> Reaction {
        guard let message else { return .unknown }
        // Having said that it holds the whole request, the firmware can't ask for parts of it.
        guard !isAccepted, offset < message.count else { return .ignored }
        if offset < burstEnd { shrink() }
        held = offset
        busyWith = nil
        return .send(burst())
    }

    private mutating func takeAnswer(_ frame: Frame, isCurrent: Bool) -> Reaction {
        isAccepted = true
        busyWith = nil
        let total = Int(frame.total)
        guard total <= ownLimits.message else {
            return .failed(.oversized(.answer, size: total, limit: ownLimits.message))
        }
        guard Int(frame.offset) + frame.body.count <= total, !frame.body.isEmpty,
            total == answerTotal ?? total
        else {
            return .failed(.protocolViolation("pieces of an answer contradict each other", mayHaveRun: true))
        }
        answerTotal = total
        if Int(frame.offset) > answer.count { isDamageSuspected = true }
        if Int(frame.offset) == answer.count { answer += frame.body }
        if answer.count == total { return .finished(answer) }
        return .send(frame.endsBurst && isCurrent ? [poll()] : [])
    }

    private func refused(_ frame: Frame) -> Reaction {
        switch RejectReason(rawValue: frame.offset) {
        case .messageTooLong:
            return .failed(.oversized(.request, size: message?.count ?? 0, limit: Int(frame.total)))
        case .staleSequence where message == nil:
            return .unknown
        case .staleSequence:
            return .failed(
                .protocolViolation("request number \(sequence) was used before", mayHaveRun: false))
        case .malformed:
            return .failed(
                .protocolViolation("a frame of '\(verb)' was called malformed", mayHaveRun: mayHaveRun))
        case .unknownSession:
            return .failed(
                .protocolViolation("the session number is refused and repeated", mayHaveRun: mayHaveRun))
        case nil:
            return .failed(.protocolViolation("rejected for reason \(frame.offset)", mayHaveRun: mayHaveRun))
        }
    }
}
