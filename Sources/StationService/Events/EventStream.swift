import Hummingbird
import NIOCore

/// One reader of the live events: `text/event-stream` that resumes where `Last-Event-ID` left off.
struct EventStream: Sendable {
    let hub: EventHub
    let board: LineBoard
    /// Where the reader was; nil begins with a snapshot.
    let place: Int?
    /// Between two writes, so that many small events travel together.
    var breath = Duration.milliseconds(25)
    /// Events in one write: with the breath between, four times what a line at its busiest tells.
    var most = 1024
    /// A sign of life after that much silence; without it nobody notices a cable that was pulled.
    var heartbeat = Duration.seconds(15)

    var body: ResponseBody {
        ResponseBody { writer in
            try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
            var place = self.place
            while true {
                guard let here = place else {
                    // The snapshot's number and its content belong together: it holds every event up to that number.
                    let snapshot = board.snapshot()
                    place = snapshot.sequence
                    let id = "\(hub.boot)-\(snapshot.sequence)"
                    try await writer.write(
                        ByteBuffer(bytes: EventHub.frame(id: id, .snapshot(snapshot))))
                    continue
                }
                switch hub.read(after: here, limit: most) {
                case .events(let entries):
                    var buffer = ByteBuffer()
                    for entry in entries { buffer.writeBytes(entry.bytes(boot: hub.boot)) }
                    place = entries.last?.sequence ?? here
                    try await writer.write(buffer)
                    try await Task.sleep(for: breath)
                case .lost: place = nil
                case .nothing:
                    if await quiet(after: here) {
                        try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    }
                    try Task.checkCancellation()
                case .ended:
                    try await writer.finish(nil)
                    return
                }
            }
        }
    }

    /// Waits for news.
    /// - Returns: true when none came for as long as a heartbeat.
    private func quiet(after place: Int) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await hub.wait(after: place)
                return false
            }
            group.addTask {
                do {
                    try await Task.sleep(for: heartbeat)
                    return true
                } catch { return false }
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
