/// The factory console of a unit: bytes in both directions, no promises about what is in them.
public protocol ByteStream: Sendable {
    /// Hands bytes to the line; returns when they are on their way, whoever may be listening.
    ///
    /// It must not wait for the far end: who asks a unit something times the answer from here on, so a `write` that waited for
    /// a stopped line would stop the clock of the whole exchange. A stream whose line can be stopped (flow control, a stalled
    /// adapter) gives up after the time that the bytes need at its bit rate, and two seconds more.
    /// - Throws: `ByteStreamError.closed` when the adapter is gone, or does not take the bytes within that time.
    func write(_ bytes: [UInt8]) async throws

    /// What has arrived since the last call, waiting up to `timeout` for the first byte.
    /// - Returns: at least one byte, or none when the time is over.
    /// - Throws: `ByteStreamError.closed` when the adapter is gone; `CancellationError`.
    func read(timeout: Duration) async throws -> [UInt8]
}

/// Why a byte stream can't go on.
public enum ByteStreamError: Error, Equatable, Sendable {
    /// The adapter is gone; the text says which.
    case closed(String)
}
