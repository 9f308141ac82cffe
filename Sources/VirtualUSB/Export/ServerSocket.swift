import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a device can't be exported.
public enum ExportError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotListen(where: String, reason: String)

    public var description: String {
        switch self {
        case .cannotListen(let place, let reason):
            "Can't export the virtual fixture at \(place): \(reason). Stop whatever else listens there, or choose another place."
        }
    }
}

/// A connected stream socket: whole messages in both directions.
///
/// Its descriptor is closed when the last user lets go of it; `shutDown` ends both directions before that.
final class StreamSocket: Sendable {
    private let descriptor: Int32
    private let writing = Mutex(())

    init(descriptor: Int32) {
        self.descriptor = descriptor
        // A peer that stops reading must not hold the device's clock for ever.
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Reads exactly `count` bytes.
    /// - Returns: nil at the end of the stream.
    func read(_ count: Int) -> [UInt8]? {
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let result = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor, buffer.baseAddress.map { $0 + done }, count - done, 0)
            }
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { return nil }
            done += result
        }
        return bytes
    }

    /// Writes all of `bytes`, not mixed with what others write; a failure ends the connection.
    func write(_ bytes: [UInt8]) {
        writing.withLock { _ in
            var done = 0
            while done < bytes.count {
                let result = bytes.withUnsafeBytes { buffer in
                    send(
                        descriptor, buffer.baseAddress.map { $0 + done }, bytes.count - done,
                        Int32(MSG_NOSIGNAL))
                }
                if result < 0, errno == EINTR { continue }
                guard result > 0 else {
                    shutDown()
                    return
                }
                done += result
            }
        }
    }

    func shutDown() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}

/// Listens, and gives each connection a thread.
final class ServerSocket: Sendable {
    /// Where to listen.
    enum Place: Sendable, CustomStringConvertible {
        /// TCP on all addresses, or on the loopback only; port 0 takes any free one.
        case tcp(port: UInt16, loopbackOnly: Bool)
        case path(String)

        var description: String {
            switch self {
            case .tcp(let port, _): "TCP port \(port)"
            case .path(let path): path
            }
        }
    }

    private struct State {
        var connections: [ObjectIdentifier: StreamSocket] = [:]
        var stopped = false
    }

    private let descriptor: Int32
    private let place: Place
    /// The TCP port in use.
    let port: UInt16
    private let state = Mutex(State())

    init(_ place: Place) throws(ExportError) {
        self.place = place
        let family = if case .tcp = place { AF_INET } else { AF_UNIX }
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        func refuse(_ code: Int32) -> ExportError {
            if descriptor >= 0 { close(descriptor) }
            return .cannotListen(where: "\(place)", reason: String(cString: strerror(code)))
        }
        guard descriptor >= 0 else { throw refuse(errno) }
        var bound: UInt16 = 0
        switch place {
        case .tcp(let port, let loopbackOnly):
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = (loopbackOnly ? UInt32(0x7F00_0001) : 0).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> Int32 in
                    let result = bind(descriptor, pointer, length)
                    getsockname(descriptor, pointer, &length)
                    return result
                }
            }
            guard result == 0 else { throw refuse(errno) }
            bound = UInt16(bigEndian: address.sin_port)
        case .path(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
                throw refuse(ENAMETOOLONG)
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            unlink(path)
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard result == 0 else { throw refuse(errno) }
        }
        guard listen(descriptor, 16) == 0 else { throw refuse(errno) }
        self.descriptor = descriptor
        port = bound
    }

    deinit {
        close(descriptor)
        if case .path(let path) = place { unlink(path) }
    }

    /// Accepts connections until `stop`; `serve` runs on a thread of its own for each and returns when it is over.
    func start(_ serve: @escaping @Sendable (StreamSocket) -> Void) {
        OwnThread.start { [self] in
            while !state.withLock({ $0.stopped }) {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                let socket = StreamSocket(descriptor: connection)
                let key = ObjectIdentifier(socket)
                let welcome = state.withLock { state -> Bool in
                    if !state.stopped { state.connections[key] = socket }
                    return !state.stopped
                }
                guard welcome else { return }
                OwnThread.start { [self] in
                    serve(socket)
                    socket.shutDown()
                    state.withLock { _ = $0.connections.removeValue(forKey: key) }
                }
            }
        }
    }

    /// Ends every connection, and takes no more.
    func stop() {
        let connections = state.withLock { state -> [StreamSocket] in
            state.stopped = true
            return Array(state.connections.values)
        }
        for connection in connections { connection.shutDown() }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
