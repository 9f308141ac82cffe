import Ledger
import StationStore

/// A run as OpenHTF's JSON test record, so that dashboards which take those (TofuPilot and the like) take ours.
struct OpenHTFRecord {
    let report: RunReport
    let station: String

    var json: String {
        var writer = CanonicalJSONWriter(reservingCapacity: 4096)
        let run = report.run
        writer.beginObject()
        writer.key("code_info")
        code(&writer)
        writer.key("dut_id")
        writer.string(run.device ?? run.scannedCode ?? "unknown")
        writer.key("end_time_millis")
        writer.integer(run.finishedAt ?? run.startedAt)
        writer.key("log_records")
        logs(&writer)
        writer.key("metadata")
        metadata(&writer)
        writer.key("outcome")
        writer.string(Self.outcome(run.outcome))
        writer.key("outcome_details")
        writer.beginArray()
        if let code = run.code {
            writer.element()
            writer.beginObject()
            writer.key("code")
            writer.string(code)
            writer.key("description")
            writer.string(run.reason ?? "")
            writer.endObject()
        }
        writer.endArray()
        writer.key("phases")
        writer.beginArray()
        for step in report.steps {
            writer.element()
            phase(step, &writer)
        }
        writer.endArray()
        writer.key("start_time_millis")
        writer.integer(run.startedAt)
        writer.key("station_id")
        writer.string(station)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func code(_ writer: inout CanonicalJSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(report.run.program)
        writer.endObject()
    }

    private func logs(_ writer: inout CanonicalJSONWriter) {
        writer.beginArray()
        for note in report.notes {
            writer.element()
            writer.beginObject()
            writer.key("level")
            writer.integer(20)
            writer.key("message")
            writer.string(note.text)
            writer.key("timestamp_millis")
            writer.integer(note.at)
            writer.endObject()
        }
        writer.endArray()
    }

    private func metadata(_ writer: inout CanonicalJSONWriter) {
        let run = report.run
        let members: [(StaticString, String?)] = [
            ("fixture", run.fixture), ("market", run.market), ("operator", run.operatorName),
            ("plan_revision", run.planDigest), ("run", String(run.run.rawValue)), ("sku", run.sku),
            ("sku_revision", run.skuDigest), ("slot", String(run.slot)), ("test_name", run.sku),
            ("work_order", run.order),
        ]
        writer.beginObject()
        for (name, value) in members {
            guard let value else { continue }
            writer.key(name)
            writer.string(value)
        }
        writer.endObject()
    }

    private func phase(_ step: StepRow, _ writer: inout CanonicalJSONWriter) {
        // Steps carry the slot's own clock; the run's first step fixes it to the calendar.
        let offset = report.run.startedAt - (report.steps.first?.startedMs ?? 0)
        writer.beginObject()
        writer.key("end_time_millis")
        writer.integer(offset + step.endedMs)
        writer.key("measurements")
        writer.beginObject()
        for measurement in step.measurements.sorted(by: { $0.name < $1.name }) {
            writer.key(text: measurement.name)
            self.measurement(measurement, &writer)
        }
        writer.endObject()
        writer.key("name")
        writer.string(step.name)
        writer.key("outcome")
        writer.string(Self.outcome(step.outcome))
        writer.key("result")
        writer.string(step.message ?? "")
        writer.key("start_time_millis")
        writer.integer(offset + step.startedMs)
        writer.endObject()
    }

    private func measurement(_ row: MeasurementRow, _ writer: inout CanonicalJSONWriter) {
        writer.beginObject()
        writer.key("measured_value")
        row.value.write(to: &writer)
        writer.key("name")
        writer.string(row.name)
        writer.key("outcome")
        writer.string(row.outcome == .passed ? "PASS" : row.outcome == .failed ? "FAIL" : "UNSET")
        if let unit = row.unit {
            writer.key("units")
            writer.string(unit)
        }
        writer.key("validators")
        writer.beginArray()
        for text in row.limits {
            writer.element()
            writer.string(text)
        }
        writer.endArray()
        writer.endObject()
    }

    private static func outcome(_ outcome: RunOutcome?) -> String {
        switch outcome {
        case .passed: "PASS"
        case .failed, .quarantined: "FAIL"
        case .aborted, .refused: "ABORTED"
        case .error: "ERROR"
        case nil: "ABORTED"
        }
    }

    private static func outcome(_ outcome: StepOutcome) -> String {
        switch outcome {
        case .passed: "PASS"
        case .failed: "FAIL"
        case .skipped: "SKIP"
        case .error: "ERROR"
        }
    }
}

extension MeasurementValue {
    func write(to writer: inout CanonicalJSONWriter) {
        switch self {
        case .number(let value): writer.number(value)
        case .text(let value): writer.string(value)
        case .bool(let value): writer.raw(Array((value ? "true" : "false").utf8))
        }
    }

    /// For a sentence.
    var plain: String {
        switch self {
        case .number(let value): JSONText.number(value)
        case .text(let value): value
        case .bool(let value): value ? "true" : "false"
        }
    }
}

extension MeasurementRow {
    /// The limits in words.
    var limits: [String] {
        var words: [String] = []
        switch (low, high) {
        case (let low?, let high?): words.append("\(JSONText.number(low)) <= x <= \(JSONText.number(high))")
        case (let low?, nil): words.append("\(JSONText.number(low)) <= x")
        case (nil, let high?): words.append("x <= \(JSONText.number(high))")
        case (nil, nil): break
        }
        if let equals { words.append("x == \(equals.plain)") }
        if let matches { words.append("x matches /\(matches)/") }
        return words
    }
}
