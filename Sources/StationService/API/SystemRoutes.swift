import HTTPTypes
import StationStore

extension Sources {
    /// Health, version, metrics.
    var systemRoutes: [Route] {
        [
            Route(.get, "/healthz", "getHealth", .everybody) { _ in
                .json(HealthView(status: "ok", ready: readiness.isReady, trouble: nil))
            },
            Route(.get, "/readyz", "getReadiness", .everybody) { _ in
                let trouble = await desk.recordTrouble
                let ready = readiness.isReady && trouble == nil
                return .json(
                    HealthView(
                        status: ready ? "ready" : "not ready", ready: ready,
                        trouble: trouble == nil ? nil : "the record can't be kept"),
                    status: ready ? .ok : .serviceUnavailable)
            },
            Route(.get, "/api/v1/version", "getVersion", .everybody) { _ in
                let station = try await reader.station()
                return .json(
                    VersionView(
                        program: program, api: "1", station: station.name, schema: station.schema,
                        startedAt: startedAt, boot: hub.boot))
            },
            Route(.get, "/metrics", "getMetrics", .needs(.readMetrics)) { _ in
                let size = try await reader.station().ledgerSize
                metrics.gauges(
                    board.snapshot(), readers: hub.waiting, ledger: size, started: startedAt)
                return .text(metrics.registry.text, "text/plain; version=0.0.4; charset=utf-8")
            },
        ]
    }
}

struct HealthView: Encodable, Sendable {
    var status: String
    var ready: Bool
    var trouble: String?
}

struct VersionView: Encodable, Sendable {
    var program: String
    /// Of the interface.
    var api: String
    var station: String
    /// The record's last migration.
    var schema: String
    /// UTC ms.
    var startedAt: Int64
    /// This life of the service, as in event ids.
    var boot: String
}
