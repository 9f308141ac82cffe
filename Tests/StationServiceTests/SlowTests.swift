import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import StationService

/// Who is slow, or opens a connection and says nothing, holds no place here. Time is moved by hand.
struct SlowTests {
    private func connected(_ handler: some ChannelHandler) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func context() throws -> TLSContext {
        let home = NSTemporaryDirectory() + "slow-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        return try TLSContext(server: try SocketTests.certificate(in: home, "slow"))
    }

    /// Nothing at all; the head of a handshake and no more; one that promises 16 KiB and brings a byte.
    @Test(arguments: [
        [UInt8](), [22, 3, 1], [22, 3, 1, 0x02, 0x00, 1, 0, 1, 0xFC, 3, 3], [22, 3, 1, 0x40, 0x00, 1],
    ])
    func aHandshakeThatStaysHalfOpenIsHungUp(bytes: [UInt8]) throws {
        let channel = try connected(try TLSHandler(try context()))
        if !bytes.isEmpty { try channel.writeInbound(ByteBuffer(bytes: bytes)) }
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        // More of nothing does not buy more time.
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test(
        arguments: [
            [22, 3, 1, 0x00, 0x05, 1, 0xFF, 0xFF, 0xFF, 0xFF], [22, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [UInt8](repeating: 22, count: 20_000),
        ] as [[UInt8]])
    func aHandshakeThatIsNoneIsHungUpAtOnce(bytes: [UInt8]) throws {
        let channel = try connected(try TLSHandler(try context()))
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.advanceTime(by: .seconds(11))
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private static let head = HTTPRequestPart.head(
        HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/"))

    @Test func aHeadThatDoesNotComeToItsEndIsHungUp() throws {
        let channel = try connected(RequestDeadline())
        channel.embeddedEventLoop.advanceTime(by: .seconds(14))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func anAnswerMayTakeLongAndTheNextHeadMayWait() throws {
        let channel = try connected(RequestDeadline())
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        try channel.writeInbound(Self.head)
        // A live stream goes on for hours.
        channel.embeddedEventLoop.advanceTime(by: .hours(3))
        #expect(channel.isActive)
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(74))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func aBodyThatDoesNotArriveIsGivenUp() async throws {
        let bench = try await ServiceBench()
        var responder = bench.service.responder
        responder.patience = .milliseconds(20)
        let (body, feed) = AsyncStream<ByteBuffer>.makeStream()
        feed.yield(ByteBuffer(string: "{\"serial\": "))
        var fields: HTTPFields = [.contentType: "application/json", .contentLength: "400"]
        fields[.authorization] = "Bearer \(bench.console)"
        fields[.idempotencyKey] = "key-slow-body"
        let head = HTTPRequest(
            method: .post, scheme: "http", authority: "localhost:8720", path: "/api/v1/slots/A/start",
            headerFields: fields)
        let answer = await responder.answer(
            Request(head: head, body: RequestBody(asyncSequence: body)), from: "127.0.0.1",
            Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        #expect(answer.code == "SRV-SLOW", "\(answer.text)")
        #expect(answer.headers[.connection] == "close")
        // The key was not used up: nothing was done.
        let again = await bench.ask(
            .post, "/api/v1/slots/A/pause", "{}", as: bench.console, key: "key-slow-body")
        #expect(again.status == .ok)
        feed.finish()
    }

    @Test func aBodyWithoutALengthIsCutAtTheLimit() async throws {
        let bench = try await ServiceBench()
        let (body, feed) = AsyncStream<ByteBuffer>.makeStream()
        for _ in 0..<20 { feed.yield(ByteBuffer(repeating: 0x20, count: 8192)) }
        var fields: HTTPFields = [.contentType: "application/json", .transferEncoding: "chunked"]
        fields[.authorization] = "Bearer \(bench.console)"
        fields[.idempotencyKey] = "key-endless-body"
        let head = HTTPRequest(
            method: .post, scheme: "http", authority: "localhost:8720", path: "/api/v1/slots/A/start",
            headerFields: fields)
        let answer = await bench.service.responder.answer(
            Request(head: head, body: RequestBody(asyncSequence: body)), from: "127.0.0.1",
            Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        #expect(answer.code == "SRV-LENGTH", "\(answer.text)")
        feed.finish()
    }
}
