import Charts
import StationStore
import Statistics

/// `/pareto`: what makes units fail.
struct ParetoPage {
    let desk: ReportDesk

    func report() async throws -> Report {
        let window = try await ReportWindow(desk)
        let key = desk.query["by"].flatMap(FailureKey.init(rawValue:)) ?? .step
        let counts = try await desk.reader.failures(by: key, window.filter)
        let yield = try await desk.reader.yield(window.filter)
        let named = counts.map { (cause: name($0.cause, key), count: $0.count) }
        let pareto = Pareto(named, atMost: 12, rest: desk.say("rest"))
        let chart = ParetoChart.draw(
            id: "c-pareto", title: desk.say("pareto_chart", ["key": desk.say("by_\(key.rawValue)")]),
            about: about(pareto, yield), pareto, words: desk.chartWords)
        var table = Section.Table(
            caption: desk.say("pareto_title"),
            columns: [
                desk.say("by_\(key.rawValue)"), desk.say("chart_count"), desk.say("chart_share"),
                desk.say("chart_cumulative"),
            ])
        let full = Pareto(counts.map { (cause: $0.cause, count: $0.count) }, atMost: 200)
        for row in full.rows {
            table.add([
                Section.Cell(name(row.cause, key), href: link(row.cause, key, window)),
                .number("\(row.count)"),
                .number(NumberText.percent(row.share)), .number(NumberText.percent(row.cumulative)),
            ])
        }
        let choice = QueryForm.Field(
            name: "by", label: desk.say("told_apart_by"), value: key.rawValue,
            options: FailureKey.allCases.map { ($0.rawValue, desk.say("by_\($0.rawValue)")) })
        return Report(
            title: desk.say("pareto_title"), lead: desk.say("pareto_lead"),
            forms: [window.form(desk, extra: [choice])],
            sections: [Section(charts: [DrawnChart(name: "pareto", chart: chart)], table: table)])
    }

    private func about(_ pareto: Pareto, _ yield: Yield) -> String {
        guard let first = pareto.rows.first else { return desk.say("pareto_none") }
        return desk.say(
            "pareto_about",
            [
                "total": "\(pareto.total)", "cause": first.cause,
                "share": NumberText.percent(first.share, decimals: 0),
                "units": "\(yield.units)",
            ])
    }

    private func name(_ cause: String, _ key: FailureKey) -> String {
        switch key {
        case .step: desk.words.stepName(cause)
        case .slot: Int(cause).map(desk.slotName) ?? cause
        case .code: desk.words.has("reason_\(cause)") ? "\(cause) \(desk.say("reason_\(cause)"))" : cause
        case .measurement, .sku, .firmware, .impOS: cause
        }
    }

    /// To the units behind a bar, or to the measurement itself.
    private func link(_ cause: String, _ key: FailureKey, _ window: ReportWindow) -> String {
        var terms = ["outcome in (failed, quarantined, error)"]
        if let from = window.filter.from { terms.append("run >= \(from.rawValue)") }
        if let order = window.filter.order { terms.append("order = \(Self.quoted(order))") }
        if let sku = window.filter.sku { terms.append("sku = \(Self.quoted(sku))") }
        if let slot = window.filter.slot { terms.append("slot = \(slot)") }
        switch key {
        case .step: terms.append("failed-step = \(Self.quoted(cause))")
        case .slot: terms.append("slot = \(cause)")
        case .sku: terms.append("sku = \(Self.quoted(cause))")
        case .code: terms.append("code = \(Self.quoted(cause))")
        case .impOS: terms.append("impos = \(Self.quoted(cause))")
        case .firmware:
            return Link.to("/units", ["filter": terms.joined(separator: " and "), "firmware": cause])
        case .measurement:
            let parts = cause.split(separator: " · ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { break }
            return window.link("/measurements/one", desk, ["step": parts[0], "name": parts[1]])
        }
        return Link.to("/units", ["filter": terms.joined(separator: " and ")])
    }

    static func quoted(_ text: String) -> String {
        text.contains("\"") ? "'\(text.replacing("'", with: ""))'" : "\"\(text)\""
    }
}
