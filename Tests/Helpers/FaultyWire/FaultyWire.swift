import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A network between a station and its plant that somebody can cut, clog and stretch: a TCP port on the loopback whose
/// connections lead to a server's Unix socket. For tests.
public final class FaultyWire: Sendable {
    /// What the network does.
    public enum Condition: Sendable, Equatable {
        /// Everything arrives.
        case sound
        /// Connections are reset, and new ones at once.
        case cut
        /// Everything is accepted and nothing arrives, without a word: the other end is gone and nobody said so.
        case halfOpen
        /// Everything arrives, so many milliseconds late.
        case slow(UInt32)
    }

    private struct State {
        var condition = Condition.sound
        var open: Set<Int32> = []
        var bytes = 0
        var resetAfter: Int?
    }

    /// Where stations connect to, on 127.0.0.1.
    public let port: UInt16
    private let listener: Int32
    private let server: String
    private let state = Mutex(State())

    /// - Parameter server: the path of the server's Unix socket.
    public init?(to server: String) {
        self.server = server
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard bound else { return nil }
        port = UInt16(bigEndian: address.sin_port)
        Self.thread { [weak self, listener] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { return }
                self.take(client)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// What it does from now on.
    public var condition: Condition {
        get { state.withLock { $0.condition } }
        set {
            let doomed = state.withLock { state -> Set<Int32> in
                // What was swallowed never comes: such a connection is of no use any more.
                let isDoomed = newValue == .cut || state.condition == .halfOpen
                state.condition = newValue
                return isDoomed ? state.open : []
            }
            for socket in doomed { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Cuts every connection once so many more bytes have come through, and is sound again afterwards.
    public func reset(afterBytes count: Int) {
        state.withLock { state in state.resetAfter = state.bytes + count }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Body(run: body))
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private func take(_ client: Int32) {
        guard condition != .cut, let upstream = connectToServer() else {
            close(client)
            return
        }
        state.withLock { state in
            state.open.insert(client)
            state.open.insert(upstream)
        }
        let left = Mutex(2)
        let shared = Shared(left: left)
        for (from, to) in [(client, upstream), (upstream, client)] {
            Self.thread { [self] in
                pump(from, to)
                shutdown(from, Int32(SHUT_RDWR))
                shutdown(to, Int32(SHUT_RDWR))
                guard shared.isLast else { return }
                state.withLock { state in
                    state.open.remove(client)
                    state.open.remove(upstream)
                }
                close(client)
                close(upstream)
            }
        }
    }

    /// Which of two threads ends last.
    private final class Shared: Sendable {
        private let left: Mutex<Int>
        init(left: consuming Mutex<Int>) { self.left = left }
        var isLast: Bool {
            left.withLock { left in
                left -= 1
                return left == 0
            }
        }
    }

    private func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var isSwallowing = false
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            let (condition, isReset) = state.withLock { state -> (Condition, Bool) in
                state.bytes += count
                guard let limit = state.resetAfter, state.bytes >= limit else {
                    return (state.condition, false)
                }
                state.resetAfter = nil
                return (state.condition, true)
            }
            if isReset {
                let all = state.withLock { $0.open }
                for socket in all { shutdown(socket, Int32(SHUT_RDWR)) }
                return
            }
            switch condition {
            case .halfOpen: isSwallowing = true
            case .slow(let milliseconds): usleep(milliseconds * 1000)
            case .sound, .cut: break
            }
            if isSwallowing { continue }
            var offset = 0
            while offset < count {
                let sent = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress.map { $0 + offset }, count - offset, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return }
                offset += sent
            }
        }
    }

    private func connectToServer() -> Int32? {
        let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(server.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(upstream, pointer, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard connected else {
            close(upstream)
            return nil
        }
        return upstream
    }
}
