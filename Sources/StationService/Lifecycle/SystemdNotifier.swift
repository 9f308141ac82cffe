#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Tells systemd how the service does, in the words of sd_notify(3); silent where nobody listens.
public struct SystemdNotifier: Sendable {
    private let address: String?
    /// How often systemd wants a sign of life; nil when it does not watch.
    public let watchdog: Duration?

    /// - Parameter environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are looked at.
    public init(environment: [String: String]) {
        address = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        watchdog = isForUs ? environment["WATCHDOG_USEC"].flatMap(Int.init).map { .microseconds($0) } : nil
    }

    public func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }
    public func alive() { send("WATCHDOG=1") }
    public func stopping() { send("STOPPING=1\nSTATUS=putting units down safely") }

    private func send(_ text: String) {
        guard let address else { return }
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        var to = sockaddr_un()
        to.sun_family = sa_family_t(AF_UNIX)
        var path = Array(address.utf8)
        guard path.count < MemoryLayout.size(ofValue: to.sun_path) else { return }
        // `@` stands for the zero byte of an abstract address, whose length counts.
        let isAbstract = path.first == UInt8(ascii: "@")
        if isAbstract { path[0] = 0 }
        withUnsafeMutableBytes(of: &to.sun_path) { $0.copyBytes(from: path) }
        let head = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(head + path.count + (isAbstract ? 0 : 1))
        let bytes = Array(text.utf8)
        // A service must not fail because nobody listens to how it does.
        _ = withUnsafePointer(to: &to) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
