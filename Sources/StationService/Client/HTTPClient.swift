import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Small HTTP/1.1 requests, one connection each: webhooks out, and the command line's talk with its service.
public struct HTTPClient: Sendable {
    public struct Reply: Sendable {
        public var status: Int
        public var headers: [(name: String, value: String)]
        public var body: [UInt8]

        public func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// A PEM file of certificates that are believed instead of the system's.
    public var trusting: String?
    /// Largest answer that is kept, bytes.
    public var largestReply = 16 * 1024 * 1024

    public init(trusting: String? = nil) { self.trusting = trusting }

    /// Whether requests can be sent to an address: `http://` or `https://` with a host and without a password.
    public static func takes(_ address: String) -> Bool { parts(of: address) != nil }

    private static func parts(of address: String) -> (parts: URLComponents, host: String)? {
        guard let parts = URLComponents(string: address), let host = parts.host, !host.isEmpty,
            parts.scheme == "http" || parts.scheme == "https", parts.user == nil, parts.password == nil
        else { return nil }
        return (parts, host)
    }

    /// Sends a request and waits for the whole answer.
    /// - Parameters:
    ///   - patience: for all of it.
    ///   - onBody: is given the body piece by piece instead of it being gathered; runs on the network's thread.
    /// - Throws: ``ClientFault``
    public func send(
        _ method: String, _ address: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        patience: Duration = .seconds(10), onBody: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws -> Reply {
        guard let (parts, host) = Self.parts(of: address) else { throw ClientFault.address(address) }
        let isSecure = parts.scheme == "https"
        let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let tls: TLSContext? =
            if !isSecure { nil } else if let trusting { try TLSContext.client(trusting: trusting) } else {
                try TLSContext.client()
            }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Reply.self)
        let collector = ReplyCollector(promise, limit: largestReply, onBody: onBody)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop).connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            try channel.pipeline.syncOperations.addHandler(
                                TLSHandler(tls, name: trusting == nil ? bare : nil))
                        }
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(collector.bound())
                    }
                }.connect(host: bare, port: parts.port ?? (isSecure ? 443 : 80)).get()
        } catch {
            promise.fail(error)
            throw ClientFault.unreachable(host, ClientFault.words(error))
        }
        let path = (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath)
        var head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: method),
            uri: path + (parts.percentEncodedQuery.map { "?" + $0 } ?? ""))
        head.headers.add(name: "Host", value: host + (parts.port.map { ":\($0)" } ?? ""))
        head.headers.add(name: "Connection", value: "close")
        for (name, value) in headers { head.headers.replaceOrAdd(name: name, value: value) }
        if !body.isEmpty || method == "POST" {
            head.headers.replaceOrAdd(name: "Content-Length", value: String(body.count))
        }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !body.isEmpty {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        let limit = loop.scheduleTask(in: .nanoseconds(Self.nanoseconds(patience))) {
            promise.fail(ClientFault.slow(host))
        }
        defer {
            limit.cancel()
            channel.close(promise: nil)
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let parts = duration.components
        guard parts.seconds < 4_000_000_000 else { return .max / 2 }
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }
}

/// Why there is no answer.
public enum ClientFault: Error, Sendable, CustomStringConvertible {
    case address(String)
    case unreachable(String, String)
    case slow(String)
    case tooLarge
    case cut

    /// What keeps a connection from being made, for a person: the reason of the last address that was tried.
    static func words(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            guard let last = error.connectionErrors.last else { return "the network knows no such host" }
            return words(last.error)
        case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout: return "no answer within 10 s"
        default: return "\(error)"
        }
    }

    public var description: String {
        switch self {
        case .address(let text): "“\(text)” is no address such as http://host:port/path"
        case .unreachable(let host, let why): "\(host) can't be reached: \(why)"
        case .slow(let host): "\(host) did not answer in time"
        case .tooLarge: "the answer is too large"
        case .cut: "the connection ended before the answer did"
        }
    }
}

/// Gathers one answer.
private struct ReplyCollector: Sendable {
    let promise: EventLoopPromise<HTTPClient.Reply>
    let limit: Int
    let onBody: (@Sendable ([UInt8]) -> Void)?

    init(
        _ promise: EventLoopPromise<HTTPClient.Reply>, limit: Int, onBody: (@Sendable ([UInt8]) -> Void)?
    ) {
        self.promise = promise
        self.limit = limit
        self.onBody = onBody
    }

    func bound() -> Handler { Handler(self) }

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let collector: ReplyCollector
        private var reply = HTTPClient.Reply(status: 0, headers: [], body: [])

        init(_ collector: ReplyCollector) { self.collector = collector }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                reply.status = Int(head.status.code)
                reply.headers = head.headers.map { ($0.name, $0.value) }
            case .body(let buffer):
                if let onBody = collector.onBody, reply.status < 300 {
                    onBody(Array(buffer.readableBytesView))
                } else if reply.body.count + buffer.readableBytes > collector.limit {
                    collector.promise.fail(ClientFault.tooLarge)
                    context.close(promise: nil)
                } else {
                    reply.body += buffer.readableBytesView
                }
            case .end:
                collector.promise.succeed(reply)
                context.close(promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            collector.promise.fail(error)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            // Does nothing when the answer was complete.
            collector.promise.fail(ClientFault.cut)
            context.fireChannelInactive()
        }
    }
}
