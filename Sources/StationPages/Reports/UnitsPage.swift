import Audit
import StationStore
import Synchronization

/// `/units`: finding units, by number or by a filter of docs/audit.md.
struct UnitsPage {
    let desk: ReportDesk

    private static let limit = 200

    /// - Returns: an address instead of a page when the question names exactly one unit.
    func report() async throws -> (report: Report, found: String?) {
        let find = (desk.query["find"] ?? "").trimmingSpaces
        let filter = (desk.query["filter"] ?? "").trimmingSpaces
        if !find.isEmpty, let unit = try await desk.reader.unit(find) {
            return (Report(title: desk.say("units_title")), "/units/" + Link.encoded(unit.device.device))
        }
        var report = Report(
            title: desk.say("units_title"), lead: desk.say("units_lead"),
            forms: [
                QueryForm(
                    action: "/units", submit: desk.say("find"),
                    fields: [
                        .init(
                            name: "find", label: desk.say("find_label"), value: find, type: "search",
                            hint: "ES0100001", isWide: true)
                    ], isAutomatic: false),
                QueryForm(
                    action: "/units", submit: desk.say("show"),
                    fields: [
                        .init(
                            name: "filter", label: desk.say("filter_label"), value: filter, type: "search",
                            hint: "outcome = failed and slot = 2", isWide: true)
                    ], isAutomatic: false),
            ])
        let firmware = (desk.query["firmware"] ?? "").trimmingSpaces
        if !firmware.isEmpty { report.lead = "\(desk.say("by_firmware")): \(firmware)" }
        if !find.isEmpty { report.problem = desk.say("unit_unknown", ["unit": find]) }
        let question: String
        if filter.isEmpty {
            // The newest runs: bounded by their number, not by a sort over all.
            let from = try await desk.reader.oldest(ofNewest: Self.limit)?.rawValue ?? 0
            question = "run >= \(from)"
        } else {
            question = filter
        }
        do {
            let query = try Query(
                .runs, filter: try await withFirmware(firmware, question),
                columns: ["run", "started", "slot", "device", "serial", "sku", "outcome", "code", "reason"],
                sort: ["run:desc"], limit: Self.limit)
            report.sections = [Section(table: try await table(query))]
        } catch let fault as QueryFault {
            report.problem = "\(fault)"
        }
        return (report, nil)
    }

    /// What a unit called its factory firmware when it was checked in is a measurement, so its runs are found first.
    private func withFirmware(_ name: String, _ question: String) async throws -> String {
        guard !name.isEmpty else { return question }
        let query = try Query(
            .measurements,
            filter: "(\(question)) and step = \"stage.admit\" and measurement = \"firmware\" and value = "
                + ParetoPage.quoted(name),
            columns: ["run"], sort: ["run:desc"], limit: Self.limit)
        let runs = Mutex<[String]>([])
        try await desk.reader.answer(query) { cells in
            if let run = cells.first?.plain { runs.withLock { $0.append(run) } }
        }
        let found = runs.withLock { $0 }
        return found.isEmpty ? "run = 0" : "run in (\(found.joined(separator: ", ")))"
    }

    private func table(_ query: Query) async throws -> Section.Table {
        let rows = Mutex<[[AnswerCell]]>([])
        try await desk.reader.answer(query) { cells in rows.withLock { $0.append(cells) } }
        var table = Section.Table(
            caption: desk.say("runs_found"),
            columns: [
                desk.say("run"), desk.say("chart_time"), desk.say("slot"), desk.say("unit"), desk.say("sku"),
                desk.say("outcome"), desk.say("by_code"), desk.say("reason"),
            ])
        for cells in rows.withLock({ $0 }) where cells.count == 9 {
            let device = cells[3].plain
            let serial = cells[4].plain
            let outcome = cells[6].plain
            table.add(
                [
                    .number(cells[0].plain),
                    Section.Cell(String(cells[1].plain.prefix(19)).replacing("T", with: " ")),
                    Section.Cell(Int(cells[2].plain).map(desk.slotName) ?? cells[2].plain),
                    Section.Cell(
                        serial.isEmpty ? device : serial,
                        href: device.isEmpty ? nil : "/units/" + Link.encoded(device)),
                    Section.Cell(cells[5].plain),
                    Section.Cell(desk.outcome(outcome), shape: ReportDesk.shape(outcome)),
                    Section.Cell(cells[7].plain), Section.Cell(cells[8].plain),
                ], tone: outcome == "passed" ? .good : .plain)
        }
        return table
    }
}

extension ReportDesk {
    /// A run's outcome in words; one that is missing is under way or was cut off.
    func outcome(_ word: String) -> String { say(word.isEmpty ? "outcome_none" : "outcome_\(word)") }

    static func shape(_ outcome: String) -> String {
        switch outcome {
        case "passed": "shape-passed"
        case "failed", "error": "shape-failed"
        case "refused": "shape-refused"
        case "quarantined": "shape-attention"
        case "": "shape-working"
        default: "shape-paused"
        }
    }

    static func tone(_ outcome: String) -> Section.Tone {
        switch outcome {
        case "passed": .good
        case "failed", "error": .bad
        case "": .plain
        default: .doubt
        }
    }
}

extension String {
    /// Without white space at both ends.
    var trimmingSpaces: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
