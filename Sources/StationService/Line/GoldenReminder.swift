import Blessing
import Logging
import ServiceLifecycle
import StationConfig

/// Says on the operator's page which slots must measure their golden unit, before somebody seats a unit in vain.
struct GoldenReminder: Service {
    let sources: Sources
    let logger: Logger
    /// Rings when a reference unit was measured: what it says is told at once.
    let bell: Bell

    private static let codes = ["golden-due", "golden-shut", "golden-off"]

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await look() } catch {
                    logger.error("golden units", metadata: ["error": "\(error)"])
                }
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await bell.wait() }
                    group.addTask { try? await Task.sleep(for: .seconds(60)) }
                    await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    /// Raises and lowers the alarms of every slot.
    /// - Throws: `StoreError` when the record can't be read.
    func look() async throws {
        let settings = sources.configuration.current.station.golden
        for slot in await sources.desk.slots {
            let decision = try await GoldenWatch.decision(
                forSlot: slot.number, settings: settings, reader: sources.reader,
                now: sources.clock.utcMilliseconds())
            let alarm = Self.alarm(decision, slot.name)
            for code in Self.codes where code != alarm?.code { sources.board.lower(code, slot: slot.name) }
            if let alarm { sources.board.set(alarm.code, alarm.text, slot: slot.name) }
        }
    }

    /// Without minutes in it: a text that changes would ring every minute.
    private static func alarm(_ decision: GoldenGate.Decision, _ slot: String) -> (
        code: String, text: String
    )? {
        switch decision {
        case .notWatched, .open: nil
        case .dueSoon: ("golden-due", "Slot \(slot) needs a check of its golden unit soon.")
        case .shutNever:
            ("golden-shut", "Slot \(slot) takes no work: it has not measured a golden unit yet.")
        case .shutOverdue:
            ("golden-shut", "Slot \(slot) takes no work: the last check of its golden unit is too old.")
        case .shutClock: ("golden-shut", "Slot \(slot) takes no work: the calendar was set back.")
        case .shutOff(let unit, let faults):
            (
                "golden-off",
                "Slot \(slot) takes no work: it measured \(unit) wrong (\(faults.joined(separator: "; ")))."
            )
        }
    }
}
