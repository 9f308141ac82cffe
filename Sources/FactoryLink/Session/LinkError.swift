/// Why a request has no result. Each case says in one sentence what happened and what to check first.
public enum LinkError: Error, Sendable, Equatable {
    /// Not one byte came.
    case silent(after: Duration, mayHaveRun: Bool)
    /// Bytes came, but no frame among them.
    case babbling(bytes: Int, sample: String, mayHaveRun: Bool)
    /// The station's own frames came back, and no others.
    case echo
    /// The firmware speaks other versions of the protocol.
    case versionMismatch(firmware: String, offered: ClosedRange<Int>, supported: ClosedRange<Int>)
    /// The firmware was started anew, or another unit sits there.
    case sessionChanged(verb: String, from: UInt32, to: UInt32, mayHaveRun: Bool)
    /// The firmware is alive, but gave no answer within the time; `accepted` when it had said that it works on it.
    case noAnswer(verb: String, after: Duration, accepted: Bool, lastWord: String, mayHaveRun: Bool)
    /// The firmware was busy with an earlier request all the time.
    case busy(sequence: Int, after: Duration)
    /// The firmware itself refused or failed.
    case remote(verb: String, RemoteError)
    /// A message longer than the other side takes.
    case oversized(Direction, size: Int, limit: Int)
    /// The answer came whole, but isn't what the verb answers.
    case unreadableAnswer(verb: String, LinkValueError)
    /// A request that the link can't carry.
    case unsendableRequest(verb: String, LinkValueError)
    /// The firmware broke the protocol.
    case protocolViolation(String, mayHaveRun: Bool)
    /// The adapter is gone.
    case closed(String, mayHaveRun: Bool)
    /// The waiting task was cancelled; the firmware was told, and isn't disturbed in what it does.
    case cancelled(mayHaveRun: Bool)
    /// Another task waits on this client; it serves one at a time.
    case inUse

    /// Which way an oversized message went.
    public enum Direction: String, Sendable {
        case request, answer
    }

    /// True when the request may or may not have been carried out: the unit must be looked at before anything that
    /// can't be repeated is repeated.
    public var outcomeUnknown: Bool {
        switch self {
        case .silent(_, let mayHaveRun), .babbling(_, _, let mayHaveRun),
            .sessionChanged(_, _, _, let mayHaveRun),
            .noAnswer(_, _, _, _, let mayHaveRun), .protocolViolation(_, let mayHaveRun),
            .closed(_, let mayHaveRun), .cancelled(let mayHaveRun):
            mayHaveRun
        case .unreadableAnswer, .oversized(.answer, _, _):
            true
        case .echo, .versionMismatch, .busy, .remote, .oversized, .unsendableRequest, .inUse:
            false
        }
    }

    /// Short and stable, for records and statistics.
    public var code: String {
        switch self {
        case .silent: "link.silent"
        case .babbling: "link.babbling"
        case .echo: "link.echo"
        case .versionMismatch: "link.version-mismatch"
        case .sessionChanged: "link.session-changed"
        case .noAnswer: "link.no-answer"
        case .busy: "link.busy"
        case .remote(_, let error): "remote.\(printable(Array(error.code.utf8), limit: 40))"
        case .oversized: "link.oversized"
        case .unreadableAnswer: "link.unreadable-answer"
        case .unsendableRequest: "link.unsendable-request"
        case .protocolViolation: "link.protocol-violation"
        case .closed: "link.closed"
        case .cancelled: "link.cancelled"
        case .inUse: "link.in-use"
        }
    }
}

extension LinkError: CustomStringConvertible {
    public var description: String {
        (sentence
            + (outcomeUnknown ? " The request may have been carried out: read the unit back first." : ""))
    }

    private var sentence: String {
        switch self {
        case .silent(let after, _):
            """
            The unit sent nothing for \(shown(after)): check that it has power, sits on its contacts, and that its \
            TX pin reaches the adapter's RX.
            """
        case .babbling(let bytes, let sample, _):
            """
            The unit sent \(bytes) bytes but no frame, starting '\(sample)': check the baud rate if this looks like \
            garbage, or the loaded firmware if it is readable text.
            """
        case .echo:
            "Only our own frames come back: check the console wiring for TX joined to RX."
        case .versionMismatch(let firmware, let offered, let supported):
            """
            Firmware '\(firmware)' speaks link version \(shown(offered)), this station \(shown(supported)): load \
            matching factory firmware.
            """
        case .sessionChanged(let verb, let from, let to, _):
            """
            The unit restarted during '\(verb)' (session \(hex(from)) became \(hex(to))): check the supply and \
            contacts for a brown-out, and the firmware's log for an error.
            """
        case .noAnswer(let verb, let after, let accepted, let lastWord, _):
            """
            '\(verb)' \(accepted ? "was accepted but not answered" : "did not get through") within \
            \(shown(after))\(lastWord.isEmpty ? "" : ", last heard: '\(lastWord)'"): check \
            \(accepted ? "what the step needs (network, cloud, test load)" : "the line for noise and flow control").
            """
        case .busy(let sequence, let after):
            """
            The unit was busy with an earlier request (number \(sequence)) for all of \(shown(after)): wait for it, \
            or power-cycle the unit.
            """
        case .remote(let verb, let error):
            """
            The unit refused '\(verb)': \(printable(Array(error.message.utf8), limit: 200)) \
            [\(printable(Array(error.code.utf8), limit: 40))].
            """
        case .oversized(let direction, let size, let limit):
            "The \(direction.rawValue) takes \(size) bytes, allowed are \(limit): split it into smaller requests."
        case .unreadableAnswer(let verb, let error):
            "The answer to '\(verb)' is not what it should be (\(error)): check the version of the factory firmware."
        case .unsendableRequest(let verb, let error):
            "The request '\(verb)' can't be sent (\(error)): correct its arguments."
        case .protocolViolation(let what, _):
            "The firmware broke the link protocol (\(what)): check its version and report this."
        case .closed(let what, _):
            // An adapter that tells it as a whole sentence says what to check as well.
            what.hasSuffix(".")
                ? what : "The adapter is gone (\(what)): check its USB cable and the hub's power."
        case .cancelled:
            "Waiting was cancelled."
        case .inUse:
            "The link is already used by another task: one request at a time."
        }
    }

    private func shown(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    private func shown(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1000 ? "\(Int(milliseconds)) ms" : "\((milliseconds / 100).rounded() / 10) s"
    }

    private func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
