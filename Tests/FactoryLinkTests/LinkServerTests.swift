import Testing
import TimeAndChance

@testable import FactoryLink

@Suite("Server") struct LinkServerTests {
    private static let session: UInt32 = 0x5EED_1234
    private var server = LinkServer(
        session: LinkServerTests.session, limits: .firmwareWithFlowControl, firmware: "f 1")

    init() {
        _ = server.receive(encode(Frame(.hello, body: Hello(nonce: 1, limits: .station).body)), now: .zero)
    }

    private func encode(_ frames: Frame...) -> [UInt8] { frames.flatMap(FrameCodec.encode) }

    private func frames(_ actions: [LinkServer.Action]) -> [Frame] {
        var decoder = FrameDecoder(limit: Frame.largestLimit)
        return actions.flatMap { action -> [Frame] in
            guard case .send(let bytes) = action else { return [] }
            return decoder.receive(bytes).compactMap { finding in
                if case .frame(let frame) = finding { return frame }
                return nil
            }
        }
    }

    private func executions(_ actions: [LinkServer.Action]) -> Int {
        actions.filter { if case .execute = $0 { true } else { false } }.count
    }

    private func request(_ sequence: UInt16, verb: String = "status", tag: UInt8 = 1) throws -> Frame {
        let message = try LinkRequest(verb: verb).encoded()
        return Frame(
            .request, endsBurst: true, tag: tag, session: Self.session, sequence: sequence,
            total: UInt16(message.count), body: message)
    }

    private func poll(_ sequence: UInt16, offset: UInt16 = 0, session: UInt32 = LinkServerTests.session)
        -> Frame
    {
        Frame(.poll, endsBurst: true, tag: 7, session: session, sequence: sequence, offset: offset)
    }

    @Test func theDialogueOfTheVectorFile() throws {
        let dialogue = try VectorFile.load().dialogue
        var server = LinkServer(
            session: dialogue.session, limits: .firmwareBareFIFO, firmware: dialogue.firmware)
        var said = server.start(now: .zero)
        for (index, line) in dialogue.frames.enumerated() {
            if line.from == "station" {
                #expect(said.isEmpty, "before line \(index): \(line.what)")
                for action in server.receive(bytes(line.wire), now: .zero) {
                    said.append(action)
                    if case .execute(let sequence, let request) = action {
                        #expect(request == SetRegion(code: 0x5858).request)
                        said.removeLast()
                        said += server.respond(to: sequence, with: Nothing().answer, now: .zero)
                    }
                }
            } else {
                #expect(!said.isEmpty, "line \(index): \(line.what)")
                if !said.isEmpty {
                    #expect(said.removeFirst() == .send(bytes(line.wire)), "line \(index): \(line.what)")
                }
            }
        }
        #expect(said.isEmpty)
        #expect(dialogue.frames.count >= 12)
    }

    @Test mutating func aRequestIsExecutedOnceHoweverOftenItComes() throws {
        let frame = try request(1)
        let first = server.receive(encode(frame, frame), now: .zero)
        #expect(executions(first) == 1)
        #expect(frames(first).map(\.kind) == [.wait, .wait])
        #expect(frames(server.receive(encode(frame), now: .zero)).map(\.kind) == [.wait])
        #expect(frames(server.respond(to: 1, with: .result([:]), now: .zero)).map(\.kind) == [.response])
        for _ in 0..<3 {
            #expect(server.receive(encode(frame), now: .zero).isEmpty)
            let again = frames(server.receive(encode(poll(1)), now: .zero))
            #expect(again.map(\.kind) == [.response])
            #expect(try LinkAnswer(decoding: again[0].body) == .result([:]))
        }
        #expect(server.respond(to: 1, with: .result(["again": true]), now: .zero).isEmpty)
    }

    @Test mutating func helloForgetsNothing() throws {
        _ = server.receive(encode(try request(1)), now: .zero)
        _ = server.respond(to: 1, with: .result(["n": 1]), now: .zero)
        let hello = Frame(.hello, tag: 9, body: Hello(nonce: 77, limits: .station).body)
        let welcome = frames(server.receive(encode(hello, hello), now: .zero))
        #expect(welcome.map(\.sequence) == [1, 1])
        #expect(Welcome(welcome[0].body)?.nonce == 77)
        #expect(executions(server.receive(encode(try request(1)), now: .zero)) == 0)
        #expect(frames(server.receive(encode(poll(1)), now: .zero)).map(\.kind) == [.response])
    }

    @Test mutating func lengthsOfAnotherWorldAreRefusedBeforeAnythingIsKept() {
        func claim(total: UInt16, offset: UInt16 = 0, body: Int = 4) -> Frame {
            Frame(
                .request, endsBurst: true, session: Self.session, sequence: 1, offset: offset, total: total,
                body: [UInt8](repeating: 1, count: body))
        }
        let tooLong = frames(server.receive(encode(claim(total: 65_535)), now: .zero))
        #expect(tooLong.map(\.offset) == [RejectReason.messageTooLong.rawValue])
        #expect(tooLong.map(\.total) == [8192])
        for bad in [
            claim(total: 3), claim(total: 8, offset: 65_535), claim(total: 0, body: 0),
            claim(total: 9, body: 0),
        ] {
            let reply = frames(server.receive(encode(bad), now: .zero))
            #expect(
                reply.map(\.offset) == [RejectReason.malformed.rawValue],
                "total \(bad.total) offset \(bad.offset)")
        }
        #expect(frames(server.receive(encode(claim(total: 8)), now: .zero)).map(\.offset) == [4])
        let changed = frames(server.receive(encode(claim(total: 9, offset: 4)), now: .zero))
        #expect(changed.map(\.offset) == [RejectReason.malformed.rawValue])
    }

    @Test mutating func nobodyIsServedWithoutThisSession() throws {
        let strange = frames(server.receive(encode(poll(1, session: 42)), now: .zero))
        #expect(strange.map(\.offset) == [RejectReason.unknownSession.rawValue])
        #expect(strange.map(\.session) == [Self.session])
        var fresh = LinkServer(session: Self.session, limits: .station, firmware: "f")
        #expect(executions(fresh.receive(encode(try request(1)), now: .zero)) == 0, "no hello yet")
    }

    @Test mutating func badHellosAreRefused() {
        for body in [[], [1], Hello(nonce: 1, limits: LinkLimits(frame: 63, window: 64, message: 256)).body] {
            let reply = frames(server.receive(encode(Frame(.hello, body: body)), now: .zero))
            #expect(reply.map(\.kind) == [.reject], "\(body)")
        }
        var future = Hello(nonce: 5, limits: .station)
        (future.oldest, future.newest) = (2, 3)
        let none = frames(server.receive(encode(Frame(.hello, body: future.body)), now: .zero))
        #expect(none.compactMap { Welcome($0.body)?.version } == [0])
        (future.oldest, future.newest) = (1, 200)
        let one = frames(server.receive(encode(Frame(.hello, body: future.body + [9, 9])), now: .zero))
        #expect(one.compactMap { Welcome($0.body)?.version } == [1], "bytes of later versions are skipped")
    }

    @Test mutating func aNewRequestWaitsUntilTheOldIsDone() throws {
        #expect(executions(server.receive(encode(try request(1)), now: .zero)) == 1)
        let busy = server.receive(encode(try request(2)), now: .seconds(3))
        #expect(executions(busy) == 0)
        #expect(frames(busy).map(\.sequence) == [1])
        #expect(frames(busy).map(\.total) == [3], "seconds at work")
        #expect(frames(server.receive(encode(poll(2)), now: .seconds(3))).map(\.kind) == [.wait])
        _ = server.respond(to: 1, with: .result([:]), now: .seconds(4))
        #expect(frames(server.receive(encode(poll(2)), now: .seconds(4))).map(\.kind) == [.need])
        #expect(executions(server.receive(encode(try request(2)), now: .seconds(4))) == 1)
        #expect(
            frames(server.receive(encode(poll(1)), now: .seconds(4))).map(\.offset) == [
                RejectReason.staleSequence.rawValue
            ])
        #expect(executions(server.receive(encode(try request(1)), now: .seconds(4))) == 0)
    }

    @Test mutating func theNumbersMayGoRound() throws {
        for sequence: UInt16 in [30_000, 60_000, 65_535, 1, 2] {
            #expect(executions(server.receive(encode(try request(sequence)), now: .zero)) == 1, "\(sequence)")
            _ = server.respond(to: sequence, with: .result([:]), now: .zero)
        }
        #expect(executions(server.receive(encode(try request(65_535)), now: .zero)) == 0)
    }

    @Test mutating func cancellingNeitherStopsNorRepeats() throws {
        _ = server.receive(encode(try request(1)), now: .zero)
        let cancel = Frame(.cancel, session: Self.session, sequence: 1)
        #expect(server.receive(encode(cancel, cancel), now: .zero) == [.abandoned(sequence: 1)])
        #expect(server.respond(to: 1, with: .result([:]), now: .zero).isEmpty)
        #expect(
            frames(server.receive(encode(poll(1)), now: .zero)).map(\.kind) == [.response],
            "kept for who asks")
    }

    @Test mutating func signsOfLifeComeEachSecondAndNotWhenIdle() throws {
        #expect(server.nextTick == nil)
        _ = server.receive(encode(try request(1)), now: .seconds(10))
        #expect(server.nextTick == .seconds(11))
        #expect(server.tick(now: .milliseconds(10_999)).isEmpty)
        #expect(frames(server.tick(now: .seconds(11))).map(\.kind) == [.wait])
        #expect(server.tick(now: .seconds(11)).isEmpty)
        let report = frames(
            server.report(LinkProgress(permille: 250, text: "erasing"), now: .milliseconds(11_500)))
        #expect(
            report.map { LinkProgress(wait: $0) } == [
                LinkProgress(permille: 250, text: "erasing", seconds: 1)
            ])
        #expect(server.report(LinkProgress(permille: 251), now: .milliseconds(11_550)).isEmpty)
        _ = server.respond(to: 1, with: .result([:]), now: .seconds(12))
        #expect(server.nextTick == nil)
    }

    @Test mutating func logLinesAreRationedAndCut() {
        var sent: [Frame] = []
        for _ in 0..<100 {
            sent += frames(server.log(String(repeating: "ü", count: 400), level: .warning, now: .seconds(1)))
        }
        #expect(sent.count == LinkServer.eventAllowance)
        #expect(sent.allSatisfy { $0.body.count <= LinkEvent.longestMessage && $0.kind == .event })
        let later = frames(server.log("x", now: .seconds(2)))
        #expect(later.map(\.sequence) == [101], "the dropped ones are counted")
        var alone = LinkServer(session: 1, limits: .station, firmware: "f")
        #expect(alone.log("nobody there", now: .zero).isEmpty)
    }

    @Test mutating func whatCannotBeAnsweredBecomesAFailure() throws {
        _ = server.receive(
            encode(
                Frame(
                    .hello,
                    body: Hello(nonce: 2, limits: LinkLimits(frame: 64, window: 64, message: 256)).body)),
            now: .zero)
        _ = server.receive(encode(try request(1)), now: .zero)
        #expect(
            !server.respond(
                to: 1, with: .result(["data": .bytes([UInt8](repeating: 0, count: 500))]), now: .zero
            ).isEmpty)
        #expect(try code(of: 1) == FactoryErrorCode.answerTooLong)
        _ = server.receive(encode(try request(2)), now: .zero)
        _ = server.respond(to: 2, with: .result(["ü": 1]), now: .zero)
        #expect(try code(of: 2) == FactoryErrorCode.unsendableAnswer)
        let junk = Frame(
            .request, endsBurst: true, session: Self.session, sequence: 3, total: 3, body: [0xFF, 0, 1])
        #expect(executions(server.receive(encode(junk), now: .zero)) == 0)
        #expect(try code(of: 3) == FactoryErrorCode.unreadableRequest)
    }

    private mutating func code(of sequence: UInt16) throws -> String? {
        var message: [UInt8] = []
        for _ in 0..<20 {
            guard
                let frame = frames(
                    server.receive(encode(poll(sequence, offset: UInt16(message.count))), now: .zero)
                ).first
            else { break }
            message += frame.body
            if message.count == Int(frame.total) { break }
        }
        guard case .failure(let error) = try LinkAnswer(decoding: message) else { return nil }
        return error.code
    }

    @Test mutating func pollsThatPiledUpAreAnsweredOnce() throws {
        _ = server.receive(encode(try request(1)), now: .zero)
        _ = server.respond(to: 1, with: .result([:]), now: .zero)
        #expect(frames(server.receive(encode(poll(1), poll(1), poll(1)), now: .zero)).count == 1)
    }

    @Test func everyReplyBeforeTheWelcomeFitsInSixtyFourBytes() {
        var server = LinkServer(
            session: 0x0101_0101, limits: .station, firmware: String(repeating: "n", count: 99))
        let hello = encode(
            Frame(.hello, endsBurst: true, body: Hello(nonce: 0x0101_0101, limits: .station).body))
        #expect(hello.count <= 64)
        for action in server.start(now: .zero) + server.receive(encode(poll(1)) + hello, now: .zero) {
            guard case .send(let bytes) = action else { continue }
            #expect(bytes.count <= 64)
        }
    }
}
