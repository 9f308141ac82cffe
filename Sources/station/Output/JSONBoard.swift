import Blessing
import StationConfig
import StationStore
import Synchronization

/// Progress for a program: one JSON document for each run that begins, each finished unit and each run closed at the
/// start, one summary.
final class JSONBoard: LineDisplay {
    private let lock = Mutex(())

    func show(_ event: LineEvent) {
        switch event.kind {
        case .started(let run):
            print(
                .object([
                    "event": .text("start"), "slot": event.slot.map(CanonicalJSON.text) ?? .null,
                    "run": .integer(run.rawValue),
                ]))
        case .finished(let report): print(Self.document(report))
        case .recovered(let run):
            print(
                .object([
                    "event": .text("recovered"), "run": .integer(run.run.rawValue),
                    "device": run.device.map(CanonicalJSON.text) ?? .null,
                    "outcome": .text(run.code.entry.outcome.rawValue), "code": .text(run.code.identifier),
                    "detail": .text(run.finding),
                ]))
        default: break
        }
    }

    private func print(_ value: CanonicalJSON) {
        lock.withLock { _ in JSONOutput.line(value) }
    }

    static func document(_ report: UnitResult) -> CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "event": .text("unit"), "slot": .text(report.slot), "ordinal": .integer(Int64(report.ordinal)),
            "outcome": .text(report.outcome.rawValue), "stage": .text(report.stage.rawValue),
            "attempt": .integer(Int64(report.attempt)),
            "duration_ms": .integer(report.duration.wholeMilliseconds),
        ]
        if let run = report.run { members["run"] = .integer(run.rawValue) }
        if let device = report.device { members["device"] = .text(device) }
        if let serial = report.serial { members["serial"] = .text(serial) }
        if let reason = report.reason {
            members["code"] = .text(reason.code.identifier)
            members["detail"] = .text(reason.detail)
            members["action"] = .text(reason.code.entry.action)
        }
        return .object(members)
    }

    func end(_ report: LineReport, _ status: OrderStatus?, _ paths: StationPaths) {
        var counts: [String: CanonicalJSON] = [:]
        for outcome in RunOutcome.allCases {
            counts[outcome.rawValue] = .integer(Int64(report.count(outcome)))
        }
        print(
            .object([
                "event": .text("end"), "order": .text(report.order),
                "quantity": .integer(Int64(report.quantity)),
                "blessed": .integer(Int64(status?.blessed ?? 0)), "runs": .object(counts),
                "stopped": .boolean(report.wasStopped), "database": .text(paths.database),
            ]))
    }
}
