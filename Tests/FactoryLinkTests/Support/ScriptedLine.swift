import Synchronization
import TimeAndChance

@testable import FactoryLink

/// A line whose other end follows a script, with its own clock: what is written is handed to the script, and what
/// the script says can be read at once.
actor ScriptedLine: ByteStream, TimeSource {
    private var clock = Duration.zero
    private var inbox: [UInt8]
    private var decoder = FrameDecoder(limit: Frame.largestLimit)
    private let script: @Sendable (Frame) throws -> [UInt8]
    /// Bytes that arrive in each 10 ms in which nothing else does.
    private let murmur: [UInt8]
    private(set) var written: [Frame] = []

    init(
        inbox: [UInt8] = [], murmur: [UInt8] = [],
        script: @escaping @Sendable (Frame) throws -> [UInt8] = { _ in [] }
    ) {
        self.inbox = inbox
        self.murmur = murmur
        self.script = script
    }

    func now() -> Duration { clock }

    func sleep(for duration: Duration) throws {
        try Task.checkCancellation()
        clock += max(duration, .zero)
    }

    func write(_ bytes: [UInt8]) throws {
        for finding in decoder.receive(bytes) {
            guard case .frame(let frame) = finding else { continue }
            written.append(frame)
            inbox += try script(frame)
        }
    }

    func read(timeout: Duration) throws -> [UInt8] {
        try Task.checkCancellation()
        defer { inbox.removeAll() }
        if !inbox.isEmpty { return inbox }
        if murmur.isEmpty {
            clock += timeout
        } else {
            clock += .milliseconds(10)
            return murmur
        }
        return []
    }
}

/// A well-behaved beginning of a script: answers hellos, and hands everything else on.
func welcoming(
    session: UInt32 = 7, limits: LinkLimits = .firmwareWithFlowControl, sequence: UInt16 = 0,
    then: @escaping @Sendable (Frame) throws -> [UInt8]
) -> @Sendable (Frame) throws -> [UInt8] {
    { frame in
        guard frame.kind == .hello, let hello = Hello(frame.body) else { return try then(frame) }
        let welcome = Welcome(version: 1, nonce: hello.nonce, limits: limits, firmware: "scripted 1")
        return FrameCodec.encode(
            Frame(.welcome, tag: frame.tag, session: session, sequence: sequence, body: welcome.body))
    }
}

/// Everything that a client told, in order.
final class NoticeLog: Sendable {
    private let storage = Mutex<[LinkNotice]>([])
    func add(_ notice: LinkNotice) { storage.withLock { $0.append(notice) } }
    var notices: [LinkNotice] { storage.withLock { $0 } }
    var noise: String {
        notices.map { if case .noise(let noise) = $0 { noise.sample } else { "" } }.joined()
    }
}
