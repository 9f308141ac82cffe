import Foundation
import Logging
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The certificate that the service shows: read again when its files change, so that a renewal needs no restart.
/// Connections that are open keep the one with which they began.
final class ServerCertificate: Sendable {
    private struct State {
        var context: TLSContext
        var stamp: [Stamp]
    }

    /// What tells a file that was written anew.
    private struct Stamp: Equatable {
        var file: UInt64
        var bytes: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    let files: TLSFiles
    private let state: Mutex<State>

    /// - Throws: ``ServiceRefusal/certificate(_:)``
    init(_ files: TLSFiles) throws(ServiceRefusal) {
        self.files = files
        // Looked at before the files are read: what is written in between is found at the next look.
        let stamp = Self.stamp(files)
        state = Mutex(State(context: try TLSContext(server: files), stamp: stamp))
    }

    /// For a new connection.
    var context: TLSContext { state.withLock { $0.context } }

    /// Takes the files over when they were written since.
    /// - Parameter always: also when they look as before.
    /// - Returns: whether there is another certificate now.
    /// - Throws: ``ServiceRefusal/certificate(_:)``; the old certificate is shown on.
    @discardableResult
    func renew(always: Bool = false) throws(ServiceRefusal) -> Bool {
        let stamp = Self.stamp(files)
        guard always || state.withLock({ $0.stamp }) != stamp else { return false }
        let context = try TLSContext(server: files)
        state.withLock { $0 = State(context: context, stamp: stamp) }
        return true
    }

    private static func stamp(_ files: TLSFiles) -> [Stamp] {
        [files.certificate, files.key].map { path in
            var status = stat()
            guard stat(path, &status) == 0 else {
                return Stamp(file: 0, bytes: -1, seconds: 0, nanoseconds: 0)
            }
            #if canImport(Darwin)
                let time = status.st_mtimespec
            #else
                let time = status.st_mtim
            #endif
            return Stamp(
                file: UInt64(status.st_ino), bytes: Int64(status.st_size), seconds: time.tv_sec,
                nanoseconds: time.tv_nsec)
        }
    }
}

/// Looks after the certificate: takes over a renewed one, and says in time when one ends.
struct CertificateWatch: Service {
    let certificate: ServerCertificate
    let board: LineBoard
    let logger: Logger
    /// Days before the end at which the line is told.
    static let warning = 14

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                look()
                try? await Task.sleep(for: .seconds(30))
            }
        }
    }

    /// - Parameter always: somebody asked for it: also when the files look as before.
    func look(always: Bool = false) {
        do {
            if try certificate.renew(always: always) {
                logger.notice("the certificate was read again")
            }
            board.lower("certificate")
        } catch {
            // A renewal writes two files; between them they don't fit. The next look settles it.
            logger.error("the certificate can't be taken over", metadata: ["why": "\(error)"])
            board.set("certificate", "The new certificate can't be used, the old one is shown on. \(error)")
        }
        guard let days = certificate.context.daysLeft else { return }
        if days < 0 {
            board.set("certificate-ends", "The station's certificate has ended. Renew it.")
        } else if days < Self.warning {
            board.set("certificate-ends", "The station's certificate ends in \(days) days. Renew it.")
        } else {
            board.lower("certificate-ends")
        }
    }
}
