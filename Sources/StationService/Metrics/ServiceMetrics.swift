import Metrics
import StationPages

/// What the service counts. Names follow Prometheus' rules: base units, `_total` for counters.
struct ServiceMetrics: Sendable {
    let registry: PrometheusRegistry

    func answered(_ route: String, _ method: String, _ status: Int, _ duration: Duration) {
        Counter(
            label: "station_http_requests_total",
            dimensions: [("route", route), ("method", Self.known(method)), ("status", "\(status)")],
            factory: registry
        ).increment()
        let nanoseconds =
            duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
        Metrics.Timer(
            label: "station_http_request_seconds", dimensions: [("route", route)], factory: registry
        ).recordNanoseconds(nanoseconds)
    }

    func took(_ news: LineNews) {
        switch news {
        case .unit(let unit, let milliseconds):
            Counter(
                label: "station_units_total", dimensions: [("outcome", unit.outcome), ("slot", unit.slot)],
                factory: registry
            ).increment()
            if let code = unit.reasonCode {
                Counter(
                    label: "station_unit_reasons_total", dimensions: [("code", code)], factory: registry
                ).increment()
            }
            Metrics.Timer(
                label: "station_unit_seconds", dimensions: [("outcome", unit.outcome)], factory: registry
            ).recordNanoseconds(milliseconds * 1_000_000)
        case .step(_, let outcome):
            Counter(
                label: "station_steps_total", dimensions: [("outcome", outcome.rawValue)], factory: registry
            ).increment()
        case .orderDone:
            Counter(label: "station_orders_done_total", dimensions: [], factory: registry).increment()
        case .alarm(let alarm):
            Counter(
                label: "station_alarms_total", dimensions: [("code", alarm.code)], factory: registry
            ).increment()
        }
    }

    func hook(_ event: String, _ outcome: String) {
        Counter(
            label: "station_webhooks_total", dimensions: [("event", event), ("outcome", outcome)],
            factory: registry
        ).increment()
    }

    /// What is true at this instant, set when somebody asks.
    func gauges(_ line: LineState, readers: Int, ledger: Int64, started: Int64) {
        for phase in SlotPhase.allCases {
            gauge(
                "station_slots", [("phase", phase.rawValue)],
                Double(line.slots.count { $0.phase == phase }))
        }
        gauge("station_alarms", [], Double(line.alarms.count))
        gauge("station_orders_open", [], Double(line.orders.count { $0.state == .open }))
        gauge("station_event_sequence", [], Double(line.sequence))
        gauge("station_event_readers_waiting", [], Double(readers))
        gauge("station_ledger_entries", [], Double(ledger))
        gauge("station_start_time_seconds", [], Double(started) / 1000)
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)], _ value: Double) {
        Meter(label: label, dimensions: dimensions, factory: registry).set(value)
    }

    /// A client may send any word as a method; a series for each would fill the memory.
    private static func known(_ method: String) -> String {
        ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"].contains(method) ? method : "other"
    }
}
