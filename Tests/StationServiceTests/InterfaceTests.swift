import Foundation
import HTTPTypes
import People
import Testing

@testable import StationService

/// The interface against its description, and who may use what.
struct InterfaceTests {
    @Test func everyRouteIsDescribedAndEveryDescriptionIsARoute() async throws {
        let bench = try await ServiceBench()
        let described = Set(
            try SchemaCheck().operations.map {
                "\($0.method) \($0.path) \($0.operation["operationId"] ?? "")"
            })
        let served = Set(
            bench.routes.filter { !$0.name.hasPrefix("page") || $0.name == "pageAsset" }
                .map { "\($0.method.rawValue.lowercased()) \($0.path) \($0.name)" })
        #expect(described.subtracting(served).sorted() == [])
        #expect(served.subtracting(described).sorted() == [])
    }

    @Test func descriptionNamesThePermissionThatTheRouteNeeds() async throws {
        let bench = try await ServiceBench()
        for (_, _, operation) in try SchemaCheck().operations {
            let route = try #require(bench.routes.first { $0.name == operation["operationId"] as? String })
            let needed =
                if case .needs(let permission) = route.access { permission.rawValue } else { "everybody" }
            #expect(operation["x-permission"] as? String == needed, "\(route.name)")
        }
    }

    /// Requests whose answers must be what the description says; %unit and %run are put in.
    static let requests: [(HTTPRequest.Method, String, String?, Int)] = [
        (.get, "/healthz", nil, 200), (.get, "/readyz", nil, 503), (.get, "/api/v1/version", nil, 200),
        (.get, "/metrics", nil, 200), (.get, "/api/v1/line", nil, 200), (.get, "/api/v1/slots", nil, 200),
        (.get, "/api/v1/slots/A", nil, 200), (.get, "/api/v1/slots/1", nil, 200),
        (.get, "/api/v1/slots/Q", nil, 404), (.post, "/api/v1/slots/A/abort", "{}", 409),
        (.post, "/api/v1/slots/A/clear", "{}", 200), (.post, "/api/v1/slots/A/pause", "{}", 200),
        (.post, "/api/v1/slots/A/start", "{}", 409), (.post, "/api/v1/slots/A/resume", "{}", 200),
        (.post, "/api/v1/slots/A/start", #"{"order": "none"}"#, 409),
        (.get, "/api/v1/orders", nil, 200), (.get, "/api/v1/orders/WO-2026-0117", nil, 200),
        (.get, "/api/v1/orders/none", nil, 404), (.get, "/api/v1/orders/WO-2026-0118/plan", nil, 200),
        (.post, "/api/v1/orders/WO-2026-0118/open", #"{"mode": "scan"}"#, 200),
        (.post, "/api/v1/orders/WO-2026-0118/open", #"{"mode": "fast"}"#, 422),
        (.post, "/api/v1/orders/WO-2026-0118/pause", "{}", 200),
        (.post, "/api/v1/orders/WO-2026-0118/close", "{}", 422),
        (.post, "/api/v1/orders/WO-2026-0118/close", #"{"reason": "made elsewhere"}"#, 200),
        (.post, "/api/v1/orders/WO-2026-0118/open", "{}", 409),
        (.get, "/api/v1/units?limit=2", nil, 200), (.get, "/api/v1/units?limit=0", nil, 400),
        (.get, "/api/v1/units?colour=red", nil, 400), (.get, "/api/v1/units?cursor=abc", nil, 400),
        (.get, "/api/v1/units/%unit", nil, 200), (.get, "/api/v1/units/nobody", nil, 404),
        (.get, "/api/v1/units/%unit/proof", nil, 200), (.get, "/api/v1/units/nobody/proof", nil, 404),
        (.post, "/api/v1/units/%unit/resolve", #"{"finding": "blessed", "reason": "seen"}"#, 409),
        (.get, "/api/v1/runs?outcome=passed&limit=3", nil, 200), (.get, "/api/v1/runs?outcome=won", nil, 400),
        (.get, "/api/v1/runs/%run", nil, 200), (.get, "/api/v1/runs/%run/steps", nil, 200),
        (.get, "/api/v1/runs/%run/measurements", nil, 200), (.get, "/api/v1/runs/%run/attachments", nil, 200),
        (.get, "/api/v1/runs/999999", nil, 404), (.get, "/api/v1/runs/x", nil, 404),
        (.get, "/api/v1/contents/00", nil, 404), (.get, "/api/v1/reports/yield", nil, 200),
        (.get, "/api/v1/reports/failures", nil, 200), (.get, "/api/v1/reports/measurements/none", nil, 404),
        (.get, "/api/v1/entries?limit=5", nil, 200), (.get, "/api/v1/entries?kind=run.started", nil, 200),
        (.get, "/api/v1/entries?kind=x", nil, 400), (.get, "/api/v1/entries/0", nil, 200),
        (.get, "/api/v1/entries/99999999", nil, 404), (.get, "/api/v1/entries/0/proof", nil, 200),
        (.get, "/api/v1/checkpoint", nil, 200), (.get, "/api/v1/proofs/consistency?from=1&to=5", nil, 200),
        (.get, "/api/v1/proofs/consistency?from=5&to=1", nil, 400),
        (.get, "/api/v1/skus", nil, 200), (.get, "/api/v1/skus/env-sensor-us", nil, 200),
        (.get, "/api/v1/skus/none", nil, 404), (.get, "/api/v1/plans", nil, 200),
        (.get, "/api/v1/configuration/problems", nil, 200),
        (.post, "/api/v1/configuration/reload", "{}", 200),
        (.get, "/api/v1/configuration/revisions", nil, 200),
        (.post, "/api/v1/configuration/revisions", "{}", 415),
        (.post, "/api/v1/configuration/revisions/00/activate", "{}", 404),
        (.post, "/api/v1/configuration/rollback", "{}", 409),
        (.post, "/api/v1/orders/WO-2026-0117/unlock", "{}", 422),
        (.post, "/api/v1/orders/WO-2026-0117/unlock", #"{"reason": "mended"}"#, 409),
        (.get, "/api/v1/session", nil, 200),
        (.post, "/api/v1/session", #"{"badge": "x", "pin": "y"}"#, 401),
        (.post, "/api/v1/setup", #"{"code": "x", "id": "a", "pin": "835201", "badge": "b"}"#, 401),
        (.get, "/api/v1/users", nil, 200),
        (.post, "/api/v1/users", #"{"id": "op-9", "role": "operator"}"#, 201),
        (.post, "/api/v1/users", #"{"id": "op-9", "role": "operator"}"#, 409),
        (.get, "/api/v1/users/op-9", nil, 200), (.get, "/api/v1/users/op-8", nil, 404),
        (.post, "/api/v1/users/op-9", #"{"role": "engineer"}"#, 200),
        (.post, "/api/v1/tokens", #"{"user": "op-9", "name": "mes", "scopes": ["watchLine"]}"#, 201),
        (.get, "/api/v1/tokens", nil, 200), (.delete, "/api/v1/users/op-9", nil, 204),
        (.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/x"}"#, 201),
        (.post, "/api/v1/webhooks", #"{"url": "file:///etc/passwd"}"#, 422),
        (.get, "/api/v1/webhooks", nil, 200), (.get, "/api/v1/webhooks/deliveries", nil, 200),
        (.get, "/api/v1/webhooks/incoming", nil, 200), (.delete, "/api/v1/webhooks/1", nil, 204),
        (.delete, "/api/v1/webhooks/1", nil, 404), (.post, "/hooks/blessing", "{}", 401),
        (.get, "/assets/base.css", nil, 200), (.get, "/assets/none", nil, 404),
    ]

    @Test func everyAnswerIsAsDescribed() async throws {
        let bench = try await ServiceBench(units: 3, faults: "short#2")
        try await bench.bless()
        let unit = try #require(try await bench.store.reader.devices(limit: 1).first?.device.device)
        let run = try #require(try await bench.store.reader.runs().last?.run.rawValue)
        let check = try SchemaCheck()
        for (method, pattern, body, status) in Self.requests {
            let path = pattern.replacing("%unit", with: unit).replacing("%run", with: "\(run)")
            let answer = await bench.ask(method, path, body, as: bench.console, key: UUID().uuidString)
            #expect(answer.status.code == status, "\(method) \(path): \(answer.text.prefix(300))")
            let segments = try StationResponder.segments(String(path.prefix { $0 != "?" }))
            guard case .found(let route, _) = bench.service.table.find(method, segments) else {
                Issue.record("\(path) is no route")
                continue
            }
            let operation = try #require(
                check.operations.first { $0.operation["operationId"] as? String == route.name }?.operation)
            let findings = check.findings(
                operation, status: answer.status.code, contentType: answer.headers[.contentType], answer.bytes
            )
            #expect(findings == [], "\(method) \(path)")
        }
    }

    /// All routes times all roles, somebody unknown, and a guest.
    @Test func everyRouteAsksForItsPermission() async throws {
        let bench = try await ServiceBench()
        let guests = try await ServiceBench(guests: true)
        var callers: [(String, ServiceBench, String?, Set<Permission>)] = [
            ("nobody", bench, nil, []), ("guest", guests, nil, Visitor.guestPermissions),
            ("console", bench, bench.console, Set(Permission.allCases)),
        ]
        for role in Role.allCases {
            callers.append((role.rawValue, bench, try await bench.token(role), role.permissions))
        }
        for route in bench.routes where route.name != "streamEvents" {
            for (name, bench, token, permissions) in callers {
                let path = route.path.replacing("{rest*}", with: "x").replacing(
                    #/\{\w+\}/#, with: "zz-none")
                // Without a key an act that is allowed stops at the key, so that nothing is done here. One that is not
                // allowed has its key, and would be done if nobody refused it.
                var key: String?
                if case .needs(let permission) = route.access, !permissions.contains(permission) {
                    key = UUID().uuidString
                }
                let answer = await bench.ask(
                    route.method, path, route.method == .post ? "{}" : nil, as: token, key: key)
                let code = answer.code ?? ""
                let isRefused =
                    ["SRV-SIGNIN", "SRV-ROLE"].contains(code) || answer.status == .seeOther
                guard case .needs(let permission) = route.access else {
                    #expect(code != "SRV-ROLE", "\(name) \(route.name)")
                    continue
                }
                #expect(isRefused != permissions.contains(permission), "\(name) at \(route.name): \(code)")
            }
        }
    }

    @Test func problemCodesAreInTheDocument() throws {
        let text = try String(
            contentsOf: ServiceBench.root.appendingPathComponent("docs/api.md"), encoding: .utf8)
        for code in ProblemCode.allCases {
            #expect(text.contains("| `\(code.rawValue)` | \(code.entry.status) | \(code.entry.title) |"))
        }
    }
}
