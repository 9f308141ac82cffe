import Foundation
import ImpEmulator

/// Sends a webhook that an emulated cloud fired out of the simulation, to a plain `http://` address: for trying a
/// plant's receiver at a desk.
struct WebhookPost {
    private let host: String
    private let port: String
    private let path: String

    /// - Throws: for anything but `http://host[:port]/path`.
    init(_ url: String) throws {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host,
            !host.isEmpty, parts.user == nil
        else {
            throw StationFailure(
                .badInput,
                "“\(url)” can't be posted to. Give an address such as http://127.0.0.1:8080/blessed.")
        }
        self.host = host
        port = String(parts.port ?? 80)
        let query = parts.percentEncodedQuery.map { "?" + $0 } ?? ""
        path = (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath) + query
    }

    /// Posts and waits for the answer, at most ten seconds for each step.
    /// - Returns: the HTTP status.
    func send(_ delivery: WebhookDelivery) throws -> Int {
        let socket = try connect()
        defer { close(socket) }
        var request = Array(
            """
            POST \(path) HTTP/1.1\r
            Host: \(host):\(port)\r
            Content-Type: \(delivery.contentType.rawValue)\r
            Content-Length: \(delivery.body.count)\r
            Connection: close\r
            \r

            """.utf8)
        request += delivery.body
        var sent = 0
        while sent < request.count {
            // A receiver that hangs up must not end the program with a signal.
            let count = request[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw failure("took no data") }
            sent += count
        }
        return try status(of: socket)
    }

    private func connect() throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0, let found else { throw failure("is unknown") }
        defer { freeaddrinfo(found) }
        var next: UnsafeMutablePointer<addrinfo>? = found
        while let address = next {
            next = address.pointee.ai_next
            let socket = Glibc.socket(
                address.pointee.ai_family, address.pointee.ai_socktype, address.pointee.ai_protocol)
            guard socket >= 0 else { continue }
            var limit = timeval(tv_sec: 10, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
            if Glibc.connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
                return socket
            }
            close(socket)
        }
        throw failure("does not answer")
    }

    private func status(of socket: Int32) throws -> Int {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while !answer.contains(0x0A), answer.count < 4096 {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        let words = String(decoding: answer, as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw failure("gave no HTTP answer")
        }
        return status
    }

    private func failure(_ what: String) -> StationFailure {
        StationFailure(.unitFailed, "The webhook's receiver \(host):\(port) \(what). Check that it runs.")
    }
}
