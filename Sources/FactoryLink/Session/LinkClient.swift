import TimeAndChance

/// How patient a client is.
public struct LinkTiming: Sendable, Equatable {
    /// Bits a second on the line, ten to a byte. Taken too low it only makes repetitions later.
    public var bitRate: Int
    /// From the end of a burst until it is asked what became of it; doubled each time nothing is heard.
    public var retry: Duration
    /// The longest such time.
    public var longestRetry: Duration
    /// The longest time between questions while the firmware says that it is at work.
    public var waitPoll: Duration

    public init(
        bitRate: Int = 921_600, retry: Duration = .milliseconds(200), longestRetry: Duration = .seconds(2),
        waitPoll: Duration = .milliseconds(2500)
    ) {
        self.bitRate = max(bitRate, 1)
        self.retry = retry
        self.longestRetry = longestRetry
        self.waitPoll = waitPoll
    }

    func onWire(_ bytes: Int) -> Duration {
        .nanoseconds(Int64(bytes) * 10_000_000_000 / Int64(bitRate))
    }
}

/// The firmware at the other end.
public struct LinkPeer: Sendable, Equatable {
    /// The boot's number. With the request's number it names a request for good: write both down before a request
    /// that must not be repeated.
    public var session: UInt32
    /// The protocol version in use.
    public var version: Int
    /// The firmware's name and version, for people.
    public var firmware: String
    /// What the firmware can receive.
    public var limits: LinkLimits
    /// The last request which it had accepted when the connection was made; 0 for none.
    public var lastSequence: UInt16
}

/// The station's side of the link: asks one thing at a time and waits for the answer, repeating whatever the line
/// loses, until the answer is there or the time is over. It never waits beyond the time it was given, as long as
/// the stream's `write` returns.
public actor LinkClient {
    /// More noise than this within one request is a babbling unit, whatever the clock says.
    public static let noiseLimit = 4 << 20

    private let stream: any ByteStream
    private let time: any TimeSource
    private let timing: LinkTiming
    private let limits: LinkLimits
    private let onNotice: @Sendable (LinkNotice) -> Void
    private var generator: SeededGenerator
    private var decoder: FrameDecoder
    private var heard = Heard()
    private var sequence: UInt16 = 0
    private var tag: UInt8 = 0
    private var piece: Int
    private var lastEvent: UInt16?
    private var isBusy = false

    /// The firmware at the other end, once it has answered; nil again after it restarted.
    public private(set) var peer: LinkPeer?

    /// What came in since the current call began.
    private struct Heard {
        var bytes = 0
        var frames = 0
        var echoes = 0
        var noise = 0
        var sample: [UInt8] = []
    }

    /// - Parameters:
    ///   - stream: the line; only this client may read from it.
    ///   - time: the clock by which to wait.
    ///   - timing: how patient to be.
    ///   - limits: what this side can receive.
    ///   - seed: for the number that ties a welcome to its hello.
    ///   - onNotice: called, in order, for log lines, noise and progress.
    public init(
        stream: any ByteStream, time: any TimeSource, timing: LinkTiming = LinkTiming(),
        limits: LinkLimits = .station, seed: UInt64 = .random(in: 0...UInt64.max),
        onNotice: @escaping @Sendable (LinkNotice) -> Void = { _ in }
    ) {
        self.stream = stream
        self.time = time
        self.timing = timing
        self.limits = limits.clamped
        self.onNotice = onNotice
        generator = SeededGenerator(seed: seed)
        decoder = FrameDecoder(limit: self.limits.frame)
        piece = Frame.longestBody(within: self.limits.frame)
    }

    /// The number that the next request will have; nil without a connection.
    public var nextSequence: UInt16? {
        peer == nil ? nil : following(sequence)
    }

    /// Finds out who is there and agrees on version and limits. Harmless at any time: the firmware forgets nothing.
    /// - Throws: `LinkError`, among others `.silent`, `.babbling`, `.echo`, `.versionMismatch`.
    @discardableResult
    public func connect(within limit: Duration = .seconds(5)) async throws(LinkError) -> LinkPeer {
        try claim()
        defer { isBusy = false }
        let start = await time.now()
        return try await shakeHands(start: start, deadline: start + limit)
    }

    /// Sends a request and waits for its result. Connects first where there is no connection.
    /// - Parameter limit: for everything together.
    /// - Throws: `LinkError`; `outcomeUnknown` tells whether it may have been carried out all the same.
    public func request(
        _ request: LinkRequest, within limit: Duration
    ) async throws(LinkError) -> [String: LinkValue] {
        try claim()
        defer { isBusy = false }
        let message: [UInt8]
        do { message = try request.encoded() } catch { throw .unsendableRequest(verb: request.verb, error) }
        let start = await time.now()
        let deadline = start + limit
        let peer = try await connected(start: start, deadline: deadline)
        guard message.count <= peer.limits.message else {
            throw .oversized(.request, size: message.count, limit: peer.limits.message)
        }
        sequence = following(sequence)
        let exchange = RequestExchange(
            verb: request.verb, sequence: sequence, message: message, peer: peer, ownLimits: limits, tag: tag,
            piece: piece)
        guard let answer = try await run(exchange, start: start, deadline: deadline) else {
            throw .protocolViolation("a new request is called unknown", mayHaveRun: false)
        }
        switch answer {
        case .result(let result): return result
        case .failure(let error): throw .remote(verb: request.verb, error)
        }
    }

    /// Asks something of the factory vocabulary.
    /// - Parameter limit: for everything together; the verb's own patience when nil.
    public func ask<Request: FactoryRequest>(
        _ request: Request, within limit: Duration? = nil
    ) async throws(LinkError) -> Request.Answer {
        let asked = LinkRequest(verb: Request.verb, arguments: request.arguments)
        let result = try await self.request(asked, within: limit ?? Request.patience)
        do {
            return try Request.Answer(result: LinkReader(.map(result)))
        } catch {
            throw .unreadableAnswer(verb: Request.verb, error)
        }
    }

    /// The answer to a request of the current session whose waiting ended early: after a time-out, or after the
    /// station itself was started anew. Asks nothing to be done.
    /// - Returns: nil when the firmware never accepted the request, or has accepted another since.
    public func answer(
        toSequence number: UInt16, within limit: Duration
    ) async throws(LinkError) -> LinkAnswer? {
        try claim()
        defer { isBusy = false }
        let start = await time.now()
        let deadline = start + limit
        let peer = try await connected(start: start, deadline: deadline)
        let exchange = RequestExchange(
            verb: "answer to request \(number)", sequence: number, message: nil, peer: peer,
            ownLimits: limits,
            tag: tag, piece: piece)
        return try await run(exchange, start: start, deadline: deadline)
    }
}

extension LinkClient {
    private func claim() throws(LinkError) {
        guard !isBusy else { throw .inUse }
        isBusy = true
        heard = Heard()
    }

    private func following(_ sequence: UInt16) -> UInt16 {
        sequence == .max ? 1 : sequence + 1
    }

    private func connected(start: Duration, deadline: Duration) async throws(LinkError) -> LinkPeer {
        if let peer { return peer }
        return try await shakeHands(start: start, deadline: deadline)
    }

    private func shakeHands(start: Duration, deadline: Duration) async throws(LinkError) -> LinkPeer {
        let nonce = UInt32(truncatingIfNeeded: generator.next()) | 1
        var pause = timing.retry
        while true {
            tag &+= 1
            let hello = Frame(
                .hello, endsBurst: true, tag: tag, body: Hello(nonce: nonce, limits: limits).body)
            let sent = try await send([hello])
            let repeatAt = await time.now() + timing.onWire(sent + Frame.smallestLimit) + pause
            pause = min(pause * 2, timing.longestRetry)
            while await time.now() < min(repeatAt, deadline) {
                for frame in try await receive(until: min(repeatAt, deadline)) where frame.kind == .welcome {
                    guard let welcome = Welcome(frame.body), welcome.nonce == nonce else { continue }
                    return try adopt(welcome, frame)
                }
            }
            if await time.now() >= deadline {
                throw missingAnswer(
                    after: await time.now() - start, mayHaveRun: false,
                    alive: .noAnswer(
                        verb: "hello", after: await time.now() - start, accepted: false, lastWord: "",
                        mayHaveRun: false))
            }
        }
    }

    private func adopt(_ welcome: Welcome, _ frame: Frame) throws(LinkError) -> LinkPeer {
        let firmware = printable(welcome.firmware, limit: Welcome.longestName)
        guard welcome.version == Hello.version else {
            let (oldest, newest) = (Int(welcome.oldest), Int(welcome.newest))
            throw .versionMismatch(
                firmware: firmware, offered: min(oldest, newest)...max(oldest, newest),
                supported: Int(Hello.version)...Int(Hello.version))
        }
        guard frame.session != 0, welcome.limits.areAllowed else {
            throw .protocolViolation("a welcome with session 0 or limits out of range", mayHaveRun: false)
        }
        let isSame = peer?.session == frame.session
        // In the same session numbers that were sent but never arrived stay used.
        if !isSame || Int16(bitPattern: frame.sequence &- sequence) > 0 { sequence = frame.sequence }
        if !isSame { lastEvent = nil }
        let found = LinkPeer(
            session: frame.session, version: Int(welcome.version), firmware: firmware, limits: welcome.limits,
            lastSequence: frame.sequence)
        peer = found
        return found
    }

    /// Runs an exchange to its end.
    /// - Returns: nil when the firmware doesn't know the number that was asked for.
    private func run(
        _ first: RequestExchange, start: Duration, deadline: Duration
    ) async throws(LinkError) -> LinkAnswer? {
        var exchange = first
        do throws(LinkError) {
            guard let message = try await converse(&exchange, start: start, deadline: deadline) else {
                return nil
            }
            do { return try LinkAnswer(decoding: message) } catch {
                throw LinkError.unreadableAnswer(verb: exchange.verb, error)
            }
        } catch .cancelled {
            // Only a courtesy: what it can't reach it needn't.
            try? await stream.write(FrameCodec.encode(exchange.cancel()))
            throw .cancelled(mayHaveRun: exchange.mayHaveRun)
        } catch .closed(let what, _) {
            throw .closed(what, mayHaveRun: exchange.mayHaveRun)
        } catch .babbling(let bytes, let sample, _) {
            throw .babbling(bytes: bytes, sample: sample, mayHaveRun: exchange.mayHaveRun)
        } catch {
            switch error {
            case .sessionChanged, .protocolViolation: peer = nil
            default: break
            }
            throw error
        }
    }

    private func converse(
        _ exchange: inout RequestExchange, start: Duration, deadline: Duration
    ) async throws(LinkError) -> [UInt8]? {
        defer {
            tag = exchange.tag
            let longest = Frame.longestBody(within: limits.frame)
            piece = exchange.metDamage ? exchange.piece : min(longest, exchange.piece * 2)
        }
        var lastWord = ""
        var pause = timing.retry
        var sent = try await send(exchange.start())
        var askAt = await time.now() + timing.onWire(sent + limits.frame) + pause
        var (noiseAtAsking, noiseBefore) = (heard.noise, heard.noise)
        while true {
            let now = await time.now()
            guard now < deadline else {
                throw missingAnswer(
                    after: now - start, mayHaveRun: exchange.mayHaveRun,
                    alive: exchange.busyWith.map { .busy(sequence: Int($0), after: now - start) }
                        ?? .noAnswer(
                            verb: exchange.verb, after: now - start, accepted: exchange.isAccepted,
                            lastWord: lastWord, mayHaveRun: exchange.mayHaveRun))
            }
            if now >= askAt {
                sent = try await send([exchange.poll()])
                // Silence may be a busy processor with a small FIFO: ask ever more seldom. Noise is a line that
                // needs another try.
                let longest = exchange.isAccepted ? timing.waitPoll : timing.longestRetry
                pause = heard.noise == noiseAtAsking ? min(pause * 2, longest) : timing.retry
                noiseAtAsking = heard.noise
                askAt = await time.now() + timing.onWire(sent + limits.frame) + pause
            }
            let frames = try await receive(until: min(askAt, deadline))
            if heard.noise > noiseBefore { exchange.suspectDamage() }
            noiseBefore = heard.noise
            for frame in frames {
                switch exchange.receive(frame) {
                case .ignored:
                    continue
                case .send(let frames):
                    pause = timing.retry
                    sent = frames.isEmpty ? 0 : try await send(frames)
                    askAt = await time.now() + timing.onWire(sent + limits.frame) + pause
                case .working(let progress):
                    if !progress.text.isEmpty { lastWord = progress.text }
                    onNotice(.progress(progress))
                    askAt = await time.now() + timing.onWire(limits.frame) + pause
                case .finished(let message):
                    return message
                case .unknown:
                    return nil
                case .failed(let error):
                    throw error
                }
            }
        }
    }

    /// The error for a time that ran out, by what was heard meanwhile.
    private func missingAnswer(after: Duration, mayHaveRun: Bool, alive: LinkError) -> LinkError {
        if heard.frames > 0 { return alive }
        if heard.echoes > 0 { return .echo }
        if heard.bytes == 0 { return .silent(after: after, mayHaveRun: mayHaveRun) }
        return babbling(mayHaveRun: mayHaveRun)
    }

    private func babbling(mayHaveRun: Bool) -> LinkError {
        let sample = heard.sample.isEmpty ? decoder.undecided : heard.sample
        return .babbling(bytes: heard.bytes, sample: printable(sample, limit: 80), mayHaveRun: mayHaveRun)
    }

    private func send(_ frames: [Frame]) async throws(LinkError) -> Int {
        let bytes = frames.flatMap(FrameCodec.encode)
        do {
            try await stream.write(bytes)
        } catch {
            throw translated(error)
        }
        return bytes.count
    }

    /// Frames from the firmware, waiting until `instant` for the first byte. Events and noise are passed on here.
    private func receive(until instant: Duration) async throws(LinkError) -> [Frame] {
        guard !Task.isCancelled else { throw .cancelled(mayHaveRun: false) }
        let bytes: [UInt8]
        do {
            bytes = try await stream.read(timeout: max(instant - (await time.now()), .zero))
            if bytes.isEmpty {
                // A stream that returns early must not make this spin.
                try await time.sleep(for: instant - (await time.now()))
                return []
            }
        } catch {
            throw translated(error)
        }
        heard.bytes += bytes.count
        var frames: [Frame] = []
        for finding in decoder.receive(bytes) {
            switch finding {
            case .noise(let noise): takeNoise(noise)
            case .frame(let frame) where frame.kind.isFromStation: heard.echoes += 1
            case .frame(let frame):
                heard.frames += 1
                if frame.kind == .event { takeEvent(frame) } else { frames.append(frame) }
            }
        }
        if heard.noise > Self.noiseLimit { throw babbling(mayHaveRun: false) }
        return frames
    }

    private func takeNoise(_ noise: [UInt8]) {
        heard.noise += noise.count
        if heard.sample.count < 80 { heard.sample += noise.prefix(80 - heard.sample.count) }
        onNotice(.noise(LinkNoise(noise)))
    }

    private func takeEvent(_ frame: Frame) {
        guard frame.session == peer?.session, frame.sequence != lastEvent else { return }
        if let lastEvent, Int16(bitPattern: frame.sequence &- lastEvent) > 1 {
            onNotice(.eventsLost(Int(frame.sequence &- lastEvent) - 1))
        }
        lastEvent = frame.sequence
        guard frame.body.count <= LinkEvent.longestMessage, let event = try? LinkEvent(decoding: frame.body)
        else {
            return takeNoise(frame.body)
        }
        if event.name == LinkEvent.logName, case .text(let text)? = event.fields["text"] {
            var level = LogLevel.info
            if case .text(let name)? = event.fields["level"] { level = LogLevel(rawValue: name) ?? .info }
            onNotice(
                .log(
                    LogEvent(level: level, text: printable(Array(text.utf8), limit: LinkEvent.longestMessage))
                ))
        } else {
            onNotice(.event(name: printable(Array(event.name.utf8), limit: 64), .map(event.fields)))
        }
    }

    private func translated(_ error: any Error) -> LinkError {
        switch error {
        case is CancellationError: .cancelled(mayHaveRun: false)
        case ByteStreamError.closed(let what): .closed(what, mayHaveRun: false)
        default: .closed(String(describing: error), mayHaveRun: false)
        }
    }
}
