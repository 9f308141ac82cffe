import Testing
import TimeAndChance

@testable import FactoryLink

@Suite("Client") struct LinkClientTests {
    private func client(_ line: ScriptedLine, _ log: NoticeLog = NoticeLog()) -> LinkClient {
        LinkClient(stream: line, time: line, seed: 1, onNotice: log.add)
    }

    private func client(_ unit: SimulatedUnit, _ log: NoticeLog = NoticeLog()) -> LinkClient {
        LinkClient(stream: unit, time: unit, seed: 1, onNotice: log.add)
    }

    private func error(_ body: () async throws(LinkError) -> some Any) async -> LinkError? {
        do throws(LinkError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func aRequestConnectsByItselfAndIsAnswered() async throws {
        let unit = SimulatedUnit(seed: 1)
        let client = client(unit)
        #expect(await client.nextSequence == nil)
        let result = try await client.request(
            LinkRequest(verb: "echo", arguments: ["a": 5]), within: .seconds(1))
        #expect(result == ["a": 5])
        let peer = try #require(await client.peer)
        #expect(peer.firmware == "simulated 1.0")
        #expect(peer.limits == .firmwareWithFlowControl)
        #expect(await client.nextSequence == 2)
        #expect(await unit.clock < .milliseconds(20))
    }

    @Test func typedQuestionsGetTypedAnswers() async throws {
        var behaviour = UnitBehaviour()
        behaviour.execute = { request in
            do throws(RemoteError) {
                guard case .bless(let bless) = try FactoryCall(request) else {
                    throw RemoteError(code: FactoryErrorCode.refused, message: "not \u{1B}[31mnow")
                }
                return (.seconds(40), false, BlessingAnswer(blessed: bless.passed).answer)
            } catch {
                return (.zero, false, .failure(error))
            }
        }
        let unit = SimulatedUnit(behaviour, seed: 2)
        let log = NoticeLog()
        let client = client(unit, log)
        #expect(try await client.ask(Bless(passed: true)) == BlessingAnswer(blessed: true))
        #expect(await unit.clock > .seconds(40))
        let lives = log.notices.filter { if case .progress = $0 { true } else { false } }
        #expect((39...60).contains(lives.count), "one sign of life a second: \(lives.count)")
        #expect(await unit.executed.count == 1)
        let refusal = await error { () async throws(LinkError) in try await client.ask(Identify()) }
        #expect(refusal?.code == "remote.refused")
        #expect(refusal?.description == "The unit refused 'identify': not \\x1B[31mnow [refused].")
    }

    @Test func silence() async {
        let line = ScriptedLine()
        let client = client(line)
        let found = await error { () async throws(LinkError) in try await client.connect(within: .seconds(5))
        }
        #expect(found == .silent(after: .seconds(5), mayHaveRun: false))
        #expect(await line.now() == .seconds(5))
        #expect((4...8).contains(await line.written.count), "hellos are repeated, ever more slowly")
        #expect(await line.written.allSatisfy { $0.kind == .hello })
    }

    @Test func babble() async {
        let line = ScriptedLine(murmur: Array("U-Boot 2019\r\n".utf8))
        let log = NoticeLog()
        let client = client(line, log)
        let found = await error { () async throws(LinkError) in try await client.connect(within: .seconds(3))
        }
        guard case .babbling(let bytes, let sample, false)? = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(bytes == 300 * 13)
        #expect(sample.hasPrefix("U-Boot 2019\\r\\n"))
        #expect(await line.now() == .seconds(3))
        #expect(log.noise.contains("U-Boot"))
    }

    @Test func aFloodOfNoiseEndsEarly() async {
        let line = ScriptedLine(murmur: [UInt8](repeating: 0x55, count: 1 << 20))
        let client = client(line)
        let found = await error { () async throws(LinkError) in
            try await client.connect(within: .seconds(3600))
        }
        #expect(found?.code == "link.babbling")
        #expect(await line.now() < .seconds(1))
    }

    @Test func anEchoIsNamed() async {
        let line = ScriptedLine(script: { FrameCodec.encode($0) })
        let client = client(line)
        #expect(
            await error { () async throws(LinkError) in try await client.connect(within: .seconds(2)) }
                == .echo)
    }

    @Test func otherVersions() async {
        let line = ScriptedLine(script: { frame in
            guard let hello = Hello(frame.body) else { return [] }
            var welcome = Welcome(version: 0, nonce: hello.nonce, limits: .station, firmware: "factory 9")
            (welcome.oldest, welcome.newest) = (2, 4)
            return FrameCodec.encode(Frame(.welcome, session: 1, body: welcome.body))
        })
        let client = client(line)
        let found = await error { () async throws(LinkError) in try await client.connect() }
        #expect(found == .versionMismatch(firmware: "factory 9", offered: 2...4, supported: 1...1))
    }

    @Test func aWelcomeToAnotherHelloIsNotMine() async {
        let line = ScriptedLine(script: { frame in
            guard let hello = Hello(frame.body) else { return [] }
            let welcome = Welcome(version: 1, nonce: hello.nonce ^ 1, limits: .station, firmware: "old")
            return FrameCodec.encode(Frame(.welcome, session: 1, body: welcome.body))
        })
        let client = client(line)
        let found = await error { () async throws(LinkError) in try await client.connect(within: .seconds(1))
        }
        #expect(found?.code == "link.no-answer")
        #expect(await client.peer == nil)
    }

    @Test func limitsOutsideTheProtocolAreNotBelieved() async {
        for limits in [
            LinkLimits(frame: 10, window: 64, message: 256), LinkLimits(frame: 64, window: 0, message: 256),
        ] {
            let line = ScriptedLine(script: welcoming(limits: limits, then: { _ in [] }))
            let client = client(line)
            let found = await error { () async throws(LinkError) in try await client.connect() }
            #expect(found?.code == "link.protocol-violation")
        }
    }

    @Test func aRestartDuringAnIrreversibleRequest() async throws {
        var behaviour = UnitBehaviour()
        behaviour.execute = { _ in (.seconds(30), false, .result(["blessed": true])) }
        behaviour.reboots = [.seconds(10)]
        let unit = SimulatedUnit(behaviour, seed: 3)
        let log = NoticeLog()
        let client = client(unit, log)
        let first = try await client.connect()
        let found = await error { () async throws(LinkError) in try await client.ask(Bless(passed: true)) }
        guard case .sessionChanged("bless", first.session, let now, mayHaveRun: true)? = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(await unit.clock < .seconds(11), "the announcement at boot is asked after at once")
        #expect(await unit.executed.count == 1)
        #expect(log.noise.contains("boot: rev 3"))
        #expect(await client.peer == nil)
        #expect(found?.description.hasSuffix("read the unit back first.") == true)
        let second = try await client.connect()
        #expect(second.session == now && second.lastSequence == 0)
    }

    @Test func aRestartBetweenRequestsIsKnownNotToHaveRun() async throws {
        var behaviour = UnitBehaviour()
        behaviour.reboots = [.seconds(1)]
        let unit = SimulatedUnit(behaviour, seed: 4)
        let client = client(unit)
        _ = try await client.ask(ClearConfiguration())
        try await unit.sleep(for: .seconds(2))
        let found = await error { () async throws(LinkError) in try await client.ask(ClearConfiguration()) }
        #expect(found?.code == "link.session-changed")
        #expect(found?.outcomeUnknown == false)
        #expect(await unit.executed.count == 1)
        _ = try await client.ask(ClearConfiguration())
        #expect(await unit.executed.count == 2)
    }

    @Test func anOldAnnouncementFromABufferIsNotBelieved() async throws {
        let old = Welcome(version: 1, nonce: 0, limits: .station, firmware: "old")
        let stale = FrameCodec.encode(Frame(.welcome, session: 99, body: old.body))
        let line = ScriptedLine(
            script: welcoming { frame in
                guard frame.kind == .request else { return [] }
                let body = try LinkAnswer.result(["ok": true]).encoded()
                return stale
                    + FrameCodec.encode(
                        Frame(
                            .response, endsBurst: true, tag: frame.tag, session: 7, sequence: frame.sequence,
                            total: UInt16(body.count), body: body))
            })
        let client = client(line)
        #expect(try await client.request(LinkRequest(verb: "x"), within: .seconds(1)) == ["ok": true])
    }

    @Test func anAnswerThatNeverComes() async throws {
        var behaviour = UnitBehaviour()
        behaviour.execute = { _ in (.seconds(500), false, .result([:])) }
        let unit = SimulatedUnit(behaviour, seed: 5)
        let client = client(unit)
        let found = await error { () async throws(LinkError) in
            try await client.ask(Bless(passed: true), within: .seconds(20))
        }
        guard case .noAnswer("bless", _, accepted: true, _, mayHaveRun: true)? = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(await unit.clock == .seconds(20))
        let busy = await error { () async throws(LinkError) in
            try await client.ask(Identify(), within: .seconds(3))
        }
        #expect(busy == .busy(sequence: 1, after: .seconds(3)))
        #expect(await unit.executed.count == 1)
        try? await unit.sleep(for: .seconds(500))
        // A new client, as after a crash of the station, can fetch what the first waited for.
        let successor = LinkClient(stream: unit, time: unit, seed: 9)
        #expect(try await successor.answer(toSequence: 1, within: .seconds(1)) == .result([:]))
        #expect(await successor.peer?.lastSequence == 1)
        #expect(try await successor.answer(toSequence: 2, within: .seconds(1)) == nil)
    }

    @Test func messagesTooLongForEitherSide() async throws {
        var behaviour = UnitBehaviour()
        behaviour.execute = { _ in
            (.zero, false, .result(["data": .bytes([UInt8](repeating: 0, count: 60_000))]))
        }
        let unit = SimulatedUnit(behaviour, seed: 6)
        let client = client(unit)
        let long = await error { () async throws(LinkError) in
            try await client.ask(InstallNVRAM(image: [UInt8](repeating: 1, count: 9000)))
        }
        #expect(long == .oversized(.request, size: 9025, limit: 8192))
        #expect(await unit.executed.isEmpty)
        #expect(try await client.ask(ReadFlash(address: 0, length: 60_000)).data.count == 60_000)
        let narrow = LinkClient(
            stream: unit, time: unit, limits: LinkLimits(frame: 64, window: 64, message: 256), seed: 2)
        let refusal = await error { () async throws(LinkError) in
            try await narrow.ask(ReadFlash(address: 0, length: 60_000))
        }
        #expect(refusal?.code == "remote.answer-too-long")
        let liar = ScriptedLine(
            script: welcoming { frame in
                FrameCodec.encode(
                    Frame(
                        .response, tag: frame.tag, session: 7, sequence: frame.sequence, total: 40_000,
                        body: [1]))
            })
        let careful = LinkClient(
            stream: liar, time: liar, limits: LinkLimits(frame: 256, window: 256, message: 1000), seed: 2)
        let lie = await error { () async throws(LinkError) in try await careful.ask(Identify()) }
        #expect(lie == .oversized(.answer, size: 40_000, limit: 1000))
    }

    @Test func answersThatMakeNoSense() async {
        for (body, code) in [
            ([UInt8]([0xFF]), "link.unreadable-answer"), ([0x82, 0xF5, 0xA0], "link.unreadable-answer"),
        ] {
            let line = ScriptedLine(
                script: welcoming { frame in
                    FrameCodec.encode(
                        Frame(
                            .response, endsBurst: true, tag: frame.tag, session: 7, sequence: frame.sequence,
                            total: UInt16(body.count), body: body))
                })
            let client = client(line)
            let found = await error { () async throws(LinkError) in try await client.ask(Identify()) }
            #expect(found?.code == code)
            #expect(found?.outcomeUnknown == true)
        }
        let contradicting = ScriptedLine(
            script: welcoming { frame in
                [4, 5].flatMap { total in
                    FrameCodec.encode(
                        Frame(
                            .response, tag: frame.tag, session: 7, sequence: frame.sequence, total: total,
                            body: [1]))
                }
            })
        let client = client(contradicting)
        let found = await error { () async throws(LinkError) in try await client.ask(Identify()) }
        #expect(found?.code == "link.protocol-violation")
    }

    @Test func anAdapterThatGoesAway() async {
        let line = ScriptedLine(
            script: welcoming { _ in throw ByteStreamError.closed("USB 1-4.2 unplugged") })
        let client = client(line)
        let found = await error { () async throws(LinkError) in try await client.ask(Bless(passed: true)) }
        #expect(found?.code == "link.closed")
        #expect(found?.description.contains("USB 1-4.2 unplugged") == true)
    }

    @Test func cancellingTellsTheFirmware() async {
        // The stream itself cancels the waiting task, so that the moment is always the same.
        let line = ScriptedLine(
            script: welcoming { frame in
                if frame.kind == .request { withUnsafeCurrentTask { $0?.cancel() } }
                return []
            })
        let client = client(line)
        let found = await Task {
            await error { () async throws(LinkError) in try await client.ask(Bless(passed: true)) }
        }.value
        #expect(found == .cancelled(mayHaveRun: true))
        #expect(await line.written.last?.kind == .cancel)
        #expect(await line.written.last?.sequence == 1)
    }

    @Test func oneTaskAtATime() async {
        let line = ReentrantLine()
        let client = LinkClient(stream: line, time: StepTime(), seed: 1)
        await line.use(client)
        _ = await error { () async throws(LinkError) in try await client.connect(within: .seconds(1)) }
        #expect(await line.found == .inUse)
    }

    @Test func noticesInOrderAndLostEventsCounted() async throws {
        @Sendable func event(
            _ number: UInt16, _ name: String, _ fields: [String: LinkValue], session: UInt32 = 7
        ) throws -> [UInt8] {
            FrameCodec.encode(
                Frame(
                    .event, session: session, sequence: number,
                    body: try LinkEvent(name: name, fields: fields).encoded()))
        }
        let line = ScriptedLine(
            script: welcoming { frame in
                let body = try LinkAnswer.result([:]).encoded()
                return try event(1, "log", ["level": "error", "text": "bad\u{7}"])
                    + event(1, "log", ["level": "error", "text": "bad\u{7}"])
                    + event(5, "button", ["pressed": true])
                    + event(6, "log", ["text": "not mine"], session: 8)
                    + FrameCodec.encode(
                        Frame(
                            .response, endsBurst: true, tag: frame.tag, session: 7, sequence: frame.sequence,
                            total: UInt16(body.count), body: body))
            })
        let log = NoticeLog()
        let client = client(line, log)
        #expect(try await client.request(LinkRequest(verb: "x"), within: .seconds(1)) == [:])
        #expect(
            log.notices == [
                .log(LogEvent(level: .error, text: "bad\\x07")), .eventsLost(3),
                .event(name: "button", ["pressed": true]),
            ])
    }

    @Test func everyErrorSaysWhatToCheckFirst() {
        let errors: [LinkError] = [
            .silent(after: .seconds(5), mayHaveRun: true),
            .babbling(bytes: 9, sample: "x", mayHaveRun: false), .echo,
            .versionMismatch(firmware: "f", offered: 2...3, supported: 1...1),
            .sessionChanged(verb: "bless", from: 1, to: 2, mayHaveRun: true),
            .noAnswer(
                verb: "scan", after: .milliseconds(300), accepted: true, lastWord: "joining", mayHaveRun: true
            ),
            .busy(sequence: 4, after: .seconds(1)),
            .remote(verb: "bless", RemoteError(code: "refused", message: "no")),
            .oversized(.request, size: 9, limit: 8), .unreadableAnswer(verb: "scan", .truncated(at: 1)),
            .unsendableRequest(verb: "x", .invalidKey("ü")), .protocolViolation("x", mayHaveRun: false),
            .closed("USB", mayHaveRun: false), .cancelled(mayHaveRun: true), .inUse,
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors {
            #expect(error.description.hasSuffix("."), "\(error)")
            #expect(error.description.contains("read the unit back") == error.outcomeUnknown)
            #expect(!error.description.contains("\n"))
        }
        #expect(errors[5].description.contains("within 300 ms, last heard: 'joining'"))
        #expect(errors[4].description.contains("session 00000001 became 00000002"))
    }
}

/// Asks its own client for something while that waits.
private actor ReentrantLine: ByteStream {
    private var client: LinkClient?
    private(set) var found: LinkError?

    func use(_ client: LinkClient) { self.client = client }
    func write(_ bytes: [UInt8]) {}
    func read(timeout: Duration) async -> [UInt8] {
        guard found == nil else { return [] }
        do throws(LinkError) { _ = try await client?.connect() } catch { found = error }
        return []
    }
}
