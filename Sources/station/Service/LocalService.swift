import Foundation
import StationService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The service that holds this station's record, as the command line talks to it.
struct LocalService: Sendable {
    let address: LocalAddress
    private var client: HTTPClient { HTTPClient(trusting: address.certificate) }

    /// The service beside a database; nil when none runs there.
    static func running(database: String) -> LocalService? {
        guard let address = LocalAddress.beside(database: database),
            kill(address.pid, 0) == 0 || errno == EPERM
        else { return nil }
        return LocalService(address: address)
    }

    private var headers: [(name: String, value: String)] {
        [("Authorization", "Bearer \(address.token)"), ("Accept", "application/json")]
    }

    /// Asks, and puts a refusal into the program's words.
    func ask(_ method: String, _ path: String, _ fields: [String: String]? = nil) async throws -> Data {
        var headers = headers
        var body: [UInt8] = []
        if method != "GET" {
            body = Array(try JSONEncoder().encode(fields ?? [:]))
            headers += [("Content-Type", "application/json"), ("Idempotency-Key", UUID().uuidString)]
        }
        let reply: HTTPClient.Reply
        do {
            reply = try await client.send(method, address.address + path, headers: headers, body: body)
        } catch {
            throw StationFailure(
                .refused, "The service at \(address.address) does not answer: \(error).")
        }
        guard reply.status < 300 else {
            let problem = try? JSONDecoder().decode(Refusal.self, from: Data(reply.body))
            throw StationFailure(
                reply.status >= 500 ? .recordLost : .refused,
                problem.map { "\($0.detail) (\($0.code))" } ?? "The service answered \(reply.status).")
        }
        return Data(reply.body)
    }

    private struct Refusal: Decodable {
        var code: String
        var detail: String
    }

    /// Live events, each as its word and its JSON, until `body` has had enough.
    func events(_ body: @escaping @Sendable (_ word: String, _ data: Data) async throws -> Bool) async throws
    {
        let (pieces, feed) = AsyncStream<[UInt8]>.makeStream()
        let (client, address, headers) = (client, address.address, headers)
        let reading = Task {
            defer { feed.finish() }
            return try await client.send(
                "GET", address + "/api/v1/events", headers: headers, patience: .seconds(86_400 * 30),
                onBody: { feed.yield($0) })
        }
        defer { reading.cancel() }
        var rest: [UInt8] = []
        var word = ""
        for await piece in pieces {
            rest += piece
            while let end = rest.firstIndex(of: 0x0A) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeSubrange(...end)
                if line.hasPrefix("event: ") { word = String(line.dropFirst(7)) }
                if line.hasPrefix("data: "), try await body(word, Data(line.dropFirst(6).utf8)) { return }
            }
        }
        throw StationFailure(.interrupted, "The service ended.")
    }
}
