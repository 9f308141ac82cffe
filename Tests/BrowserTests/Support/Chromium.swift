import Foundation
import Glibc
import Synchronization

/// A headless Chromium, spoken to by the Chrome DevTools protocol over two pipes (`--remote-debugging-pipe`): JSON
/// messages that end with a NUL byte, ours on the browser's descriptor 3, its own on 4.
final class Chromium: Sendable {
    static let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    static let installed = places.first { access($0, X_OK) == 0 }

    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    private struct State {
        var next = 1
        var waiting: [Int: CheckedContinuation<Data, any Error>] = [:]
        var events: [(session: String?, method: String, data: Data)] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let process: pid_t
    private let toBrowser: Int32
    private let profile: String

    init(program: String) throws {
        profile = NSTemporaryDirectory() + "chromium-\(UUID().uuidString)"
        var (ours, theirs) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
        guard pipe(&ours) == 0, pipe(&theirs) == 0 else { throw Fault(description: "no pipe: \(errno)") }
        // High numbers first, so that 3 and 4 in the child overwrite neither end.
        let read = fcntl(ours[0], F_DUPFD_CLOEXEC, 40)
        let write = fcntl(theirs[1], F_DUPFD_CLOEXEC, 40)
        for end in [ours[0], theirs[1]] { close(end) }
        for end in [ours[1], theirs[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, read, 3)
        posix_spawn_file_actions_adddup2(&actions, write, 4)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var arguments = [
            program, "--headless", "--remote-debugging-pipe", "--user-data-dir=\(profile)", "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--hide-scrollbars",
            "--disable-background-networking", "--force-color-profile=srgb", "--lang=en-US",
        ]
        // Chromium refuses its sandbox to root; these pages come from ourselves.
        if getuid() == 0 { arguments.append("--no-sandbox") }
        arguments.append("about:blank")
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, program, &actions, nil, &pointers, environ)
        close(read)
        close(write)
        guard status == 0 else { throw Fault(description: "\(program) does not start: \(status)") }
        process = child
        toBrowser = ours[1]
        let fromBrowser = theirs[0]
        Thread.detachNewThread { [self] in listen(fromBrowser) }
    }

    /// Ends the browser and forgets its profile.
    func quit() {
        close(toBrowser)
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        try? FileManager.default.removeItem(atPath: profile)
    }

    private func listen(_ descriptor: Int32) {
        var pending = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            pending.append(contentsOf: buffer[0..<count])
            while let end = pending.firstIndex(of: 0) {
                take(Data(pending[pending.startIndex..<end]))
                pending = Data(pending[pending.index(after: end)...])
            }
        }
        close(descriptor)
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for one in waiting { one.resume(throwing: Fault(description: "the browser has ended")) }
    }

    private func take(_ data: Data) {
        guard let message = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else { return }
        if let id = message["id"] as? Int {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: data)
        } else if let method = message["method"] as? String {
            state.withLock { state in
                state.events.append((message["sessionId"] as? String, method, data))
                if state.events.count > 5000 { state.events.removeFirst(1000) }
            }
        }
    }

    /// Says something to the browser, or to a page of it, and waits for the answer.
    @discardableResult
    func send(_ method: String, _ parameters: [String: Any] = [:], session: String? = nil) async throws
        -> [String: Any]
    {
        let id = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        var message: [String: Any] = ["id": id, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        let bytes = try JSONSerialization.data(withJSONObject: message) + [0]
        let answer: Data = try await withCheckedThrowingContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiting[id] = continuation }
                return state.isOver
            }
            if isOver { return continuation.resume(throwing: Fault(description: "the browser has ended")) }
            bytes.withUnsafeBytes { buffer in
                var sent = 0
                while sent < buffer.count {
                    let count = Glibc.write(
                        toBrowser, buffer.baseAddress.map { $0 + sent }, buffer.count - sent)
                    if count <= 0 { break }
                    sent += count
                }
            }
        }
        guard let reply = try JSONSerialization.jsonObject(with: answer) as? [String: Any] else { return [:] }
        if let error = reply["error"] as? [String: Any] {
            throw Fault(description: "\(method): \(error["message"] ?? error)")
        }
        return reply["result"] as? [String: Any] ?? [:]
    }

    /// What pages complained about: exceptions, refused content, failed requests.
    func complaints(_ session: String) -> [String] {
        state.withLock { state in
            state.events.filter { $0.session == session }.compactMap { event in
                guard ["Runtime.exceptionThrown", "Log.entryAdded"].contains(event.method) else { return nil }
                return String(decoding: event.data, as: UTF8.self)
            }
        }
    }
}
