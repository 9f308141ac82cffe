import Blessing
import Logging
import ServiceLifecycle
import StationStore

/// Keeps the desk alive as long as the service, and puts it down safely at the end.
struct DeskService: Service {
    let sources: Sources
    let notifier: SystemdNotifier
    let parking: Duration
    let logger: Logger

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keepAlive() }
            group.addTask { await carryJournal() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        sources.readiness.set(false)
        notifier.stopping()
        let left = await sources.desk.park(within: parking)
        if !left.isEmpty {
            logger.warning(
                "slots were left in the middle of an act; the next start reads the record and decides",
                metadata: ["slots": "\(left.joined(separator: " "))"])
        }
        try? await sources.journal.carry()
        _ = try? await sources.store.append(
            .stationStopped(StationStopped(reason: "the service was stopped")))
        // From here on nothing happens that a page could miss.
        sources.hub.close()
    }

    /// A sign of life at half the time that systemd grants, given only while the desk answers.
    private func keepAlive() async {
        guard let watchdog = notifier.watchdog else { return }
        while !Task.isCancelled {
            _ = await sources.desk.isAtWork
            notifier.alive()
            try? await Task.sleep(for: watchdog / 2)
        }
    }

    /// What `station people` changed in the meantime belongs into the record too.
    private func carryJournal() async {
        while !Task.isCancelled {
            do { try await sources.journal.carry() } catch {
                logger.error("people's journal", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(30))
        }
    }
}
