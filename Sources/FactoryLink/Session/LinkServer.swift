/// The firmware's side of the link, without any input or output of its own: it is told what arrived and what
/// time it is, and says what to do. It has no timers but the keep-alive, because the station does all the
/// repeating.
///
/// It executes each request at most once: a request is handed out in the moment its last byte is there, its
/// sequence number is then used up, and its answer is kept until the next request is complete.
public struct LinkServer: Sendable {
    /// What the owner of the server has to do, in order.
    public enum Action: Sendable, Equatable {
        /// Put these bytes on the line.
        case send([UInt8])
        /// Carry out the request, and hand its answer to `respond(to:with:now:)`, now or later.
        case execute(sequence: UInt16, LinkRequest)
        /// The station no longer waits for this request. It must still be responded to; the answer is kept but
        /// not sent.
        case abandoned(sequence: UInt16)
    }

    /// Between two signs of life while a request is carried out.
    public static let keepAlive = Duration.seconds(1)
    /// Events in a row, and events a second in the long run; more are dropped and counted.
    public static let eventAllowance = 8

    /// This boot's number; never 0.
    public let session: UInt32
    /// What this side can receive.
    public let limits: LinkLimits

    private let firmware: String
    private var decoder: FrameDecoder
    private var station: LinkLimits?
    private var tag: UInt8 = 0
    /// The last request that was complete; 0 before the first.
    private var accepted: UInt16 = 0
    private var assembly: Assembly?
    private var execution: Execution?
    private var keptAnswer: [UInt8]?
    private var eventCount: UInt16 = 0
    private var eventCredit = Double(LinkServer.eventAllowance)
    private var creditedAt = Duration.zero

    private struct Assembly: Sendable {
        var sequence: UInt16
        var total: Int
        var bytes: [UInt8] = []
    }

    private struct Execution: Sendable {
        var sequence: UInt16
        var began: Duration
        var spokeAt: Duration
        var isAbandoned = false
        var progress = LinkProgress()
    }

    /// - Parameters:
    ///   - session: a random number, drawn anew at each boot, so that the station notices a reboot; 0 counts as 1.
    ///   - limits: what this side can receive; each field is moved to the nearest value that is allowed.
    ///   - firmware: name and version for people; only the first 30 bytes are sent.
    public init(session: UInt32, limits: LinkLimits, firmware: String) {
        self.session = session == 0 ? 1 : session
        self.limits = limits.clamped
        self.firmware = firmware
        decoder = FrameDecoder(limit: self.limits.frame)
    }

    /// To be called once after boot: an unasked welcome, by which a station that waits for an answer from before
    /// the boot learns soon that there will be none.
    public mutating func start(now: Duration) -> [Action] {
        creditedAt = now
        return [send(welcome(version: Hello.version, nonce: 0, tag: 0))]
    }

    /// Takes what has arrived, in any pieces. Noise is skipped.
    public mutating func receive(_ bytes: [UInt8], now: Duration) -> [Action] {
        let frames = decoder.receive(bytes).compactMap { finding -> Frame? in
            guard case .frame(let frame) = finding, frame.kind.isFromStation else { return nil }
            return frame
        }
        // Polls pile up while a request keeps the processor; one answer is enough for all of them.
        let lastPoll = frames.lastIndex { $0.kind == .poll }
        var actions: [Action] = []
        for (index, frame) in frames.enumerated() where frame.kind != .poll || index == lastPoll {
            actions += receive(frame, now: now)
        }
        return actions
    }

    /// Answers a request that was handed out. A second answer, or one to another request, is ignored.
    ///
    /// An answer that can't be sent, because it is too long for the station or holds what CBOR here can't, becomes
    /// a failure that says so.
    public mutating func respond(to sequence: UInt16, with answer: LinkAnswer, now: Duration) -> [Action] {
        guard let finished = execution, finished.sequence == sequence, let station else { return [] }
        execution = nil
        keptAnswer = encoded(answer, within: station.message)
        return finished.isAbandoned ? [] : response(from: 0, tag: tag)
    }

    /// Tells the station how far the request that is being carried out has come; at most ten times a second.
    public mutating func report(_ progress: LinkProgress, now: Duration) -> [Action] {
        guard execution != nil else { return [] }
        execution?.progress = progress
        guard let execution, now - execution.spokeAt >= .milliseconds(100) else { return [] }
        return [wait(now: now, tag: tag)]
    }

    /// Sends a line to the station's log; dropped and counted when there is no station or there are too many.
    public mutating func log(_ text: String, level: LogLevel = .info, now: Duration) -> [Action] {
        eventCount &+= 1
        let earned = (now - creditedAt) / .seconds(1) * Double(Self.eventAllowance)
        eventCredit = min(Double(Self.eventAllowance), eventCredit + max(0, earned))
        creditedAt = now
        guard let station, eventCredit >= 1 else { return [] }
        // What is left for the text after the event's name and the names of its fields.
        let room = min(LinkEvent.longestMessage, Frame.longestBody(within: station.frame)) - 40
        let shortened = text.prefix(utf8Bytes: room)
        let event = LinkEvent(
            name: LinkEvent.logName, fields: ["level": .text(level.rawValue), "text": .text(shortened)])
        guard let body = try? event.encoded() else { return [] }
        eventCredit -= 1
        return [
            send(
                Frame(
                    .event, tag: tag, session: session, sequence: eventCount,
                    total: UInt16(clamping: body.count),
                    body: body))
        ]
    }

    /// When `tick(now:)` has something to do; nil while nothing is being carried out.
    public var nextTick: Duration? {
        execution.map { $0.spokeAt + Self.keepAlive }
    }

    /// Signs of life while a request is carried out.
    public mutating func tick(now: Duration) -> [Action] {
        guard let nextTick, now >= nextTick else { return [] }
        return [wait(now: now, tag: tag)]
    }
}

extension LinkServer {
    private mutating func receive(_ frame: Frame, now: Duration) -> [Action] {
        if frame.kind == .hello { return greet(frame) }
        guard frame.session == session, station != nil else { return [reject(frame, .unknownSession)] }
        tag = frame.tag
        switch frame.kind {
        case .request: return take(frame, now: now)
        case .poll: return poll(frame, now: now)
        case .cancel: return cancel(frame)
        default: return []
        }
    }

    private mutating func greet(_ frame: Frame) -> [Action] {
        guard let hello = Hello(frame.body), hello.limits.areAllowed else {
            return [reject(frame, .malformed)]
        }
        let isKnown = (hello.oldest...hello.newest).contains(Hello.version)
        if isKnown { station = hello.limits }
        return [send(welcome(version: isKnown ? Hello.version : 0, nonce: hello.nonce, tag: frame.tag))]
    }

    private mutating func take(_ frame: Frame, now: Duration) -> [Action] {
        let end = Int(frame.offset) + frame.body.count
        guard frame.sequence != 0, !frame.body.isEmpty, end <= Int(frame.total) else {
            return [reject(frame, .malformed)]
        }
        guard Int(frame.total) <= limits.message else {
            return [reject(frame, .messageTooLong, total: UInt16(limits.message))]
        }
        if frame.sequence == accepted {
            return execution != nil && frame.endsBurst ? [wait(now: now, tag: frame.tag)] : []
        }
        guard isNew(frame.sequence) else { return [reject(frame, .staleSequence)] }
        guard execution == nil else { return frame.endsBurst ? [wait(now: now, tag: frame.tag)] : [] }
        if assembly?.sequence != frame.sequence, frame.offset == 0 {
            assembly = Assembly(sequence: frame.sequence, total: Int(frame.total))
        }
        guard var current = assembly, current.sequence == frame.sequence else {
            return frame.endsBurst ? [need(0, frame)] : []
        }
        guard current.total == Int(frame.total) else { return [reject(frame, .malformed)] }
        if current.bytes.count == Int(frame.offset) { current.bytes += frame.body }
        assembly = current
        guard current.bytes.count == current.total else {
            return frame.endsBurst ? [need(current.bytes.count, frame)] : []
        }
        return accept(current, now: now)
    }

    private mutating func accept(_ request: Assembly, now: Duration) -> [Action] {
        accepted = request.sequence
        assembly = nil
        keptAnswer = nil
        execution = Execution(sequence: request.sequence, began: now, spokeAt: now)
        // Said before the work begins, since the work may keep the processor for seconds.
        let acknowledgement = wait(now: now, tag: tag)
        do {
            return [
                acknowledgement,
                .execute(sequence: request.sequence, try LinkRequest(decoding: request.bytes)),
            ]
        } catch {
            let failure = RemoteError(code: FactoryErrorCode.unreadableRequest, message: error.description)
            return [acknowledgement] + respond(to: request.sequence, with: .failure(failure), now: now)
        }
    }

    private mutating func poll(_ frame: Frame, now: Duration) -> [Action] {
        if execution != nil, frame.sequence == accepted || isNew(frame.sequence) {
            return [wait(now: now, tag: frame.tag)]
        }
        if frame.sequence == accepted, let keptAnswer {
            guard Int(frame.offset) <= keptAnswer.count else { return [reject(frame, .malformed)] }
            let piece = frame.total == 0 ? Int.max : max(Int(frame.total), RequestExchange.shortestPiece)
            return response(from: Int(frame.offset), tag: frame.tag, longest: piece)
        }
        guard isNew(frame.sequence) else { return [reject(frame, .staleSequence)] }
        return [need(assembly?.sequence == frame.sequence ? assembly?.bytes.count ?? 0 : 0, frame)]
    }

    private mutating func cancel(_ frame: Frame) -> [Action] {
        if assembly?.sequence == frame.sequence { assembly = nil }
        guard execution?.sequence == frame.sequence, execution?.isAbandoned == false else { return [] }
        execution?.isAbandoned = true
        return [.abandoned(sequence: frame.sequence)]
    }

    /// True for numbers within half the circle after the last accepted one.
    private func isNew(_ sequence: UInt16) -> Bool {
        sequence != 0 && Int16(bitPattern: sequence &- accepted) > 0
    }

    private func encoded(_ answer: LinkAnswer, within limit: Int) -> [UInt8] {
        let trouble: RemoteError
        do {
            let message = try answer.encoded()
            if message.count <= limit { return message }
            trouble = RemoteError(
                code: FactoryErrorCode.answerTooLong,
                message: "the answer takes \(message.count) bytes, the station takes \(limit)")
        } catch {
            trouble = RemoteError(code: FactoryErrorCode.unsendableAnswer, message: error.description)
        }
        // A short sentence and a fixed code: can't fail, and 256 bytes are the least that a station takes.
        let short = RemoteError(code: trouble.code, message: trouble.message.prefix(utf8Bytes: 160))
        return (try? LinkAnswer.failure(short).encoded()) ?? []
    }

    private func response(from offset: Int, tag: UInt8, longest: Int = .max) -> [Action] {
        guard let keptAnswer, let station else { return [] }
        let pieces = station.burst(from: offset, of: keptAnswer.count, longest: longest)
        return pieces.enumerated().map { index, piece in
            send(
                Frame(
                    .response, endsBurst: index == pieces.count - 1, tag: tag, session: session,
                    sequence: accepted,
                    offset: UInt16(piece.lowerBound), total: UInt16(keptAnswer.count),
                    body: Array(keptAnswer[piece])))
        }
    }

    private func welcome(version: UInt8, nonce: UInt32, tag: UInt8) -> Frame {
        Frame(
            .welcome, tag: tag, session: session, sequence: accepted,
            body: Welcome(version: version, nonce: nonce, limits: limits, firmware: firmware).body)
    }

    private mutating func wait(now: Duration, tag: UInt8) -> Action {
        guard let execution else { return .send([]) }
        self.execution?.spokeAt = now
        let seconds = (now - execution.began).components.seconds
        return send(
            Frame(
                .wait, tag: tag, session: session, sequence: execution.sequence,
                offset: execution.progress.permille.map { UInt16(clamping: $0) } ?? LinkProgress.unknown,
                total: UInt16(clamping: seconds),
                body: Array(execution.progress.text.prefix(utf8Bytes: LinkProgress.longestText).utf8)))
    }

    private func need(_ offset: Int, _ frame: Frame) -> Action {
        send(
            Frame(
                .need, tag: frame.tag, session: session, sequence: frame.sequence,
                offset: UInt16(clamping: offset)))
    }

    private func reject(_ frame: Frame, _ reason: RejectReason, total: UInt16 = 0) -> Action {
        send(
            Frame(
                .reject, tag: frame.tag, session: session, sequence: frame.sequence, offset: reason.rawValue,
                total: total))
    }

    private func send(_ frame: Frame) -> Action {
        .send(FrameCodec.encode(frame))
    }
}

extension String {
    /// As many whole characters from the start as fit in `utf8Bytes` bytes.
    func prefix(utf8Bytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var kept = String.UnicodeScalarView()
        var size = 0
        for scalar in unicodeScalars {
            size += UTF8.width(scalar)
            if size > limit { break }
            kept.append(scalar)
        }
        return String(kept)
    }
}
