import Blessing
import ContentAddress
import HTTPTypes
import StationStore

extension Sources {
    /// The record: units, runs and what belongs to them.
    var recordRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/units", "listUnits", .needs(.readRecord),
                query: ["cursor", "limit", "sku", "blessed", "quarantined"]
            ) { exchange in
                let limit = try exchange.limit
                let units = try await reader.devices(
                    before: try Cursor.of(exchange)?.position, sku: exchange.query["sku"],
                    blessed: try exchange.flag(inQuery: "blessed"),
                    quarantined: try exchange.flag(inQuery: "quarantined"), limit: limit + 1)
                return .json(Page(units, limit: limit, exchange) { $0.number })
            },
            Route(.get, "/api/v1/units/{unit}", "getUnit", .needs(.readRecord)) { exchange in
                .json(try await unit(exchange))
            },
            Route(.get, "/api/v1/units/{unit}/proof", "proveUnit", .needs(.readProofs)) { exchange in
                let bundle = try await reader.proof(ofUnit: exchange.parameter("unit"))
                return .bytes(bundle.json, "application/json")
            },
            Route(
                .post, "/api/v1/units/{unit}/resolve", "resolveUnit", .needs(.resolveUnits), .acts,
                act: .unitResolved
            ) {
                exchange in
                var fields = try exchange.fields()
                guard let finding = try fields.word("finding", FindingWord.self) else {
                    throw Problem(.field, "finding is missing: blessed or notBlessed.", field: "finding")
                }
                let reason = try fields.required("reason", longest: 1000)
                try fields.finish()
                let device = try await unit(exchange).device.device
                try await QuarantineResolution(
                    device: device, finding: finding == .blessed ? .blessed : .notBlessed,
                    by: exchange.person.id, reason: "\(reason) (said from \(exchange.remote))"
                ).record(in: store)
                return .json(try await unit(exchange).device)
            },
            Route(
                .get, "/api/v1/runs", "listRuns", .needs(.readRecord),
                query: [
                    "cursor", "limit", "order", "sku", "market", "outcome", "slot", "unit", "since", "until",
                ]
            ) { exchange in
                let limit = try exchange.limit
                var filter = try exchange.runFilter
                filter.before = try Cursor.of(exchange).map { RunID(rawValue: $0.position) }
                filter.limit = limit + 1
                return .json(Page(try await reader.runs(filter), limit: limit, exchange) { $0.run.rawValue })
            },
            Route(.get, "/api/v1/runs/{run}", "getRun", .needs(.readRecord)) { exchange in
                .json(try await run(exchange))
            },
            Route(.get, "/api/v1/runs/{run}/steps", "listSteps", .needs(.readRecord)) { exchange in
                .json(Listing(items: try await run(exchange).steps))
            },
            Route(.get, "/api/v1/runs/{run}/measurements", "listMeasurements", .needs(.readRecord)) {
                exchange in
                .json(
                    Listing(
                        items: try await run(exchange).steps.flatMap { step in
                            step.measurements.map {
                                MeasurementView(step: step.name, attempt: step.attempt, measurement: $0)
                            }
                        }))
            },
            Route(.get, "/api/v1/runs/{run}/attachments", "listAttachments", .needs(.readRecord)) {
                exchange in
                let report = try await run(exchange)
                return .json(AttachmentsView(attachments: report.attachments, labels: report.labels))
            },
            Route(.get, "/api/v1/contents/{digest}", "getContent", .needs(.readRecord)) { exchange in
                guard let digest = SHA256Digest(hex: exchange.parameter("digest")),
                    let bytes = try await reader.content(digest)
                else { throw Problem(.notFound, "No content with that SHA-256 is kept here.") }
                var answer = Answer.bytes(bytes, "application/octet-stream")
                // What was attached years ago by anybody must never run as a page of the station.
                answer.headers[.contentDisposition] = "attachment; filename=\"\(digest.hex.prefix(16)).bin\""
                return answer
            },
            Route(
                .get, "/api/v1/reports/yield", "reportYield", .needs(.readRecord),
                query: ["order", "sku", "market", "slot", "since", "until"]
            ) { .json(YieldView(try await reader.yield(try $0.runFilter))) },
            Route(
                .get, "/api/v1/reports/failures", "reportFailures", .needs(.readRecord),
                query: ["order", "sku", "market", "slot", "since", "until"]
            ) { .json(Listing(items: try await reader.failures(try $0.runFilter))) },
            Route(
                .get, "/api/v1/reports/measurements/{name}", "reportMeasurement", .needs(.readRecord),
                query: ["order", "sku", "market", "slot", "since", "until"]
            ) { exchange in
                let name = exchange.parameter("name")
                guard let report = try await reader.statistics(measurement: name, try exchange.runFilter)
                else { throw Problem(.notFound, "No number was measured as “\(name.shown)”.") }
                return .json(report)
            },
        ]
    }

    private enum FindingWord: String, CaseIterable { case blessed, notBlessed }

    private func unit(_ exchange: Exchange) async throws -> UnitReport {
        guard let report = try await reader.unit(exchange.parameter("unit")) else {
            throw Problem(
                .notFound,
                "No unit “\(exchange.parameter("unit").shown)” is in the record. Device ID, MAC or serial number?"
            )
        }
        return report
    }

    private func run(_ exchange: Exchange) async throws -> RunReport {
        let number = try exchange.number("run")
        guard let report = try await reader.run(RunID(rawValue: number)) else {
            throw Problem(.notFound, "There is no run \(number) in the record.")
        }
        return report
    }
}

struct MeasurementView: Encodable, Sendable {
    var step: String
    var attempt: Int
    var measurement: MeasurementRow
}

struct AttachmentsView: Encodable, Sendable {
    var attachments: [AttachmentRow]
    var labels: [LabelRow]
}

struct YieldView: Encodable, Sendable {
    var units: Int
    var firstPass: Int
    var passedLater: Int
    var failed: Int
    var firstPassYield: Double?
    var finalYield: Double?

    init(_ yield: Yield) {
        units = yield.units
        firstPass = yield.firstPass
        passedLater = yield.passedLater
        failed = yield.failed
        firstPassYield = yield.firstPassYield
        finalYield = yield.finalYield
    }
}

extension Exchange {
    /// How many rows are wanted, 50 where nothing is said.
    var limit: Int {
        get throws(Problem) { Int(try number(inQuery: "limit", 1...500) ?? 50) }
    }

    func flag(inQuery name: String) throws(Problem) -> Bool? {
        switch query[name] {
        case nil: return nil
        case "true": return true
        case "false": return false
        default: throw Problem(.query, "\(name) is true or false.", field: name)
        }
    }

    /// The runs that the query means.
    var runFilter: RunFilter {
        get throws(Problem) {
            RunFilter(
                order: query["order"], sku: query["sku"], market: query["market"],
                outcome: try word(inQuery: "outcome", RunOutcome.self),
                slot: try number(inQuery: "slot", 0...65_535).map(Int.init), unit: query["unit"],
                since: try number(inQuery: "since", 0...253_402_300_799_999),
                until: try number(inQuery: "until", 0...253_402_300_799_999))
        }
    }
}
