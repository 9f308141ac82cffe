import Audit
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import TimeAndChance

/// A witness that others reach over HTTP: `POST /add-checkpoint` as C2SP tlog-witness has it, and nothing else.
///
/// It needs neither a station nor a database; put it on another machine, with a clock of its own.
public struct WitnessServer: Sendable {
    private let witness: Witness
    private let clock: any WallClock
    /// Largest request, bytes: 63 hashes and a note are far below.
    private static let largest = 64 * 1024

    public init(_ witness: Witness, clock: any WallClock = SystemWallClock()) {
        self.witness = witness
        self.clock = clock
    }

    /// Answers until the task is cancelled.
    ///
    /// Only one machine's own programs reach it unless it is told another address. Requests are signed by the log and
    /// answers by the witness, so both may travel in the clear.
    /// - Parameter announce: hears the port, once it listens.
    public func run(
        host: String, port: Int, announce: @escaping @Sendable (Int) async -> Void
    ) async throws {
        var logger = Logger(label: "witness")
        logger.logLevel = .warning
        let router = Router()
        router.post("/add-checkpoint") { request, _ in try await answer(request) }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await announce(channel.localAddress?.port ?? port) }, logger: logger
        )
        try await application.run()
    }

    private func answer(_ request: Request) async throws -> Response {
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: Self.largest) } catch {
            return Self.response(413, "a request has at most \(Self.largest) bytes\n", "text/plain")
        }
        guard let text = String(bytes: body.readableBytesView, encoding: .utf8) else {
            return Self.response(400, "a request is UTF-8 text\n", "text/plain")
        }
        do {
            let answer = try witness.addCheckpoint(text, now: clock.utcMilliseconds() / 1000)
            return Self.response(answer.status, answer.body, answer.contentType)
        } catch {
            return Self.response(500, "\(error)\n", "text/plain")
        }
    }

    private static func response(_ status: Int, _ body: String, _ type: String) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

/// A witness somewhere else.
public struct RemoteWitness: Sendable {
    /// Where its interface begins, as in `https://witness.example.com/w1`.
    public let address: String
    private let client: HTTPClient

    public init(_ address: String, client: HTTPClient = HTTPClient()) {
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.client = client
    }

    /// Sends an `add-checkpoint` request.
    /// - Throws: `ClientFault` where nothing answers.
    public func addCheckpoint(_ request: String) async throws -> Witness.Answer {
        let reply = try await client.send(
            "POST", address + "/add-checkpoint", headers: [("Content-Type", "text/plain")],
            body: Array(request.utf8))
        return Witness.Answer(
            status: reply.status, body: String(decoding: reply.body, as: UTF8.self),
            contentType: reply.header("Content-Type") ?? "")
    }
}
