import Dispatch

/// A thread of its own for waiting on the plant: libpq waits in the kernel, and a station's few threads are for its
/// line.
final class PlantThread: SerialExecutor {
    private let queue = DispatchQueue(label: "plant")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

/// A conversation with the plant database: connects when somebody has something to say, and anew after a break.
actor PlantSession {
    private let thread = PlantThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let address: PlantAddress
    private let patience: PlantPatience
    private let interrupt = PlantConnection.Interrupt()
    private var connection: PlantConnection?

    init(_ address: PlantAddress, patience: PlantPatience) {
        self.address = address
        self.patience = patience
    }

    /// Runs `body` on the plant's thread with a connection. Cancelling the task breaks the connection, so that nobody
    /// waits for an answer that nobody wants any more.
    func perform<Answer: Sendable>(_ body: @Sendable (PlantConnection) throws -> Answer) async throws
        -> Answer
    {
        try await withTaskCancellationHandler {
            try Task.checkCancellation()
            do {
                let connection =
                    try self.connection ?? PlantConnection(address, patience: patience, interrupt: interrupt)
                self.connection = connection
                return try body(connection)
            } catch let error as PlantError {
                if error.endsConnection { connection = nil }
                if Task.isCancelled { throw CancellationError() }
                throw error
            }
        } onCancel: {
            interrupt.strike()
        }
    }

    /// Lets a connection go that broke while nobody used it, so that the next question doesn't pay for it.
    func forgetIfBroken() {
        do { try connection?.run("SELECT 1") } catch { connection = nil }
    }

    func close() { connection = nil }
}
