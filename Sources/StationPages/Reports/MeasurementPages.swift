import Charts
import StationStore
import Statistics

/// `/measurements`: every quantity with its limits.
struct MeasurementsPage {
    let desk: ReportDesk

    func report() async throws -> Report {
        let window = try await ReportWindow(desk)
        var table = Section.Table(
            caption: desk.say("measurements_title"),
            columns: [
                desk.say("by_step"), desk.say("measurement"), desk.say("chart_count"),
                desk.say("chart_failed"),
                desk.say("chart_mean"), desk.say("limits"), desk.say("unit_of_value"),
            ])
        for row in try await desk.reader.measurands(window.filter) {
            table.add(
                [
                    Section.Cell(desk.words.stepName(row.step)),
                    Section.Cell(
                        row.name,
                        href: window.link("/measurements/one", desk, ["step": row.step, "name": row.name])),
                    .number("\(row.count)"), .number("\(row.failed)"), .number(NumberText.short(row.mean)),
                    .number(Self.limits(row.low, row.high)), Section.Cell(row.unit ?? ""),
                ], tone: row.failed > 0 ? .bad : .plain)
        }
        return Report(
            title: desk.say("measurements_title"), lead: desk.say("measurements_lead"),
            forms: [window.form(desk)], sections: [Section(table: table)])
    }

    static func limits(_ low: Double?, _ high: Double?) -> String {
        switch (low, high) {
        case (let low?, let high?):
            "\(NumberText.short(low, digits: 6)) … \(NumberText.short(high, digits: 6))"
        case (let low?, nil): "≥ \(NumberText.short(low, digits: 6))"
        case (nil, let high?): "≤ \(NumberText.short(high, digits: 6))"
        case (nil, nil): "–"
        }
    }
}

/// `/measurements/one?step=…&name=…`: how one quantity is distributed and how it moves.
struct MeasurementPage {
    let desk: ReportDesk

    func report() async throws -> Report? {
        guard let step = desk.query["step"], let name = desk.query["name"] else { return nil }
        let window = try await ReportWindow(desk)
        let numbers = try await desk.reader.numbers(step: step, measurement: name, window.filter)
        let title = "\(desk.words.stepName(step)) · \(name)"
        guard let newest = numbers.last else {
            return Report(
                title: title, problem: desk.say("measurement_none"),
                forms: [window.form(desk, hidden: ["step": step, "name": name])])
        }
        let sample = Sample(numbers.map(\.value))
        let (low, high, unit) = (newest.low, newest.high, newest.unit)
        return Report(
            title: title + (unit.map { " (\($0))" } ?? ""), lead: lead(sample, numbers),
            forms: [window.form(desk, hidden: ["step": step, "name": name])],
            sections: [
                Section(
                    cards: cards(sample, low, high, unit),
                    charts: [
                        histogram(sample, low, high, unit, title),
                        trend(numbers, sample, low, high, unit, title),
                    ]), slots(numbers, low, high), suggestion(sample, low, high, unit),
                outliers(numbers, sample, unit),
            ])
    }

    private func lead(_ sample: Sample, _ numbers: [MeasuredNumber]) -> String {
        let failed = numbers.count { $0.failed }
        return desk.say("measurement_lead", ["count": "\(sample.count)", "failed": "\(failed)"])
    }

    private func cards(_ sample: Sample, _ low: Double?, _ high: Double?, _ unit: String?) -> [Section.Card] {
        let suffix = unit.map { " \($0)" } ?? ""
        var cards: [Section.Card] = [
            .init(
                label: desk.say("chart_mean"),
                value: NumberText.short(sample.moments.mean, digits: 5) + suffix,
                more: sample.median.map { desk.say("median_is", ["value": NumberText.short($0, digits: 5)]) }
                    ?? ""),
            .init(
                label: desk.say("deviation"),
                value: sample.deviation.map { NumberText.short($0, digits: 4) + suffix } ?? "–",
                more: desk.say(
                    "range_is",
                    [
                        "low": NumberText.short(sample.minimum ?? 0, digits: 5),
                        "high": NumberText.short(sample.maximum ?? 0, digits: 5),
                    ])),
        ]
        if let capability = Capability(sample, low: low, high: high) {
            if let cp = capability.cp, let interval = capability.cpInterval {
                cards.append(.init(label: "Cp", value: NumberText.fixed(cp, 2), more: span(interval)))
            }
            cards.append(
                .init(
                    label: "Cpk", value: NumberText.fixed(capability.cpk, 2),
                    more: span(capability.cpkInterval),
                    tone: capability.cpkInterval.low >= 1.33
                        ? .good : capability.cpkInterval.high >= 1 ? .doubt : .bad))
        }
        let normality = Normality(sample)
        cards.append(
            .init(
                label: desk.say("normality"), value: desk.say("normal_\(normality.hint.rawValue)"),
                more: normality.p.map { "p = \(NumberText.short($0, digits: 2))" } ?? "",
                tone: normality.hint == .implausible ? .doubt : .plain))
        if let trend = Trend(sample.values), trend.isClear {
            cards.append(
                .init(
                    label: desk.say("trend"),
                    value: trend.slope > 0 ? desk.say("climbing") : desk.say("falling"),
                    more: desk.say(
                        "trend_is",
                        [
                            "from": NumberText.short(trend.start, digits: 5),
                            "to": NumberText.short(trend.end, digits: 5),
                        ]),
                    tone: .doubt))
        }
        return cards
    }

    private func span(_ interval: Interval) -> String {
        desk.say(
            "interval_95",
            ["low": NumberText.fixed(interval.low, 2), "high": NumberText.fixed(interval.high, 2)])
    }

    private func histogram(
        _ sample: Sample, _ low: Double?, _ high: Double?, _ unit: String?, _ title: String
    ) -> DrawnChart {
        DrawnChart(
            name: "histogram",
            chart: HistogramChart.draw(
                id: "c-histogram", title: desk.say("histogram_of", ["name": title]),
                about: desk.say(
                    "histogram_about",
                    [
                        "count": "\(sample.count)", "mean": NumberText.short(sample.moments.mean),
                        "low": NumberText.short(sample.minimum ?? 0),
                        "high": NumberText.short(sample.maximum ?? 0),
                        "limits": MeasurementsPage.limits(low, high),
                    ]), Histogram(sample), low: low, high: high, mean: sample.mean, unit: unit,
                words: desk.chartWords))
    }

    /// At most so many points are drawn: the newest.
    private static let drawn = 1500

    private func trend(
        _ numbers: [MeasuredNumber], _ sample: Sample, _ low: Double?, _ high: Double?, _ unit: String?,
        _ title: String
    ) -> DrawnChart {
        let outliers = Set(Outliers.positions(sample))
        let first = max(0, numbers.count - Self.drawn)
        var series: [Int: TrendChart.Series] = [:]
        for index in first..<numbers.count {
            let number = numbers[index]
            series[number.slot, default: TrendChart.Series(name: desk.slotName(number.slot), points: [])]
                .points
                .append(.init(order: index - first, value: number.value, isOutlier: outliers.contains(index)))
        }
        let line = Trend(sample.values.suffix(Self.drawn).map { $0 })
        return DrawnChart(
            name: "trend",
            chart: TrendChart.draw(
                id: "c-trend", title: desk.say("trend_of", ["name": title]),
                about: desk.say(
                    "trend_about", ["count": "\(numbers.count - first)", "outliers": "\(outliers.count)"]),
                series.sorted { $0.key < $1.key }.map(\.value), low: low, high: high,
                line: line.flatMap { $0.isClear ? $0 : nil }, unit: unit, words: desk.chartWords))
    }

    private func slots(_ numbers: [MeasuredNumber], _ low: Double?, _ high: Double?) -> Section {
        var table = Section.Table(
            caption: desk.say("by_slot_heading"),
            columns: [
                desk.say("slot"), desk.say("chart_count"), desk.say("chart_failed"), desk.say("chart_mean"),
                desk.say("deviation"),
                "Cpk", desk.say("interval"),
            ])
        for (slot, values) in Dictionary(grouping: numbers, by: \.slot).sorted(by: { $0.key < $1.key }) {
            let sample = Sample(values.map(\.value))
            let capability = Capability(sample, low: low, high: high)
            table.add([
                Section.Cell(desk.slotName(slot)), .number("\(sample.count)"),
                .number("\(values.count { $0.failed })"),
                .number(NumberText.short(sample.moments.mean, digits: 5)),
                .number(sample.deviation.map { NumberText.short($0) } ?? "–"),
                .number(capability.map { NumberText.fixed($0.cpk, 2) } ?? "–"),
                .number(
                    capability.map {
                        "\(NumberText.fixed($0.cpkInterval.low, 2)) … \(NumberText.fixed($0.cpkInterval.high, 2))"
                    } ?? "–"),
            ])
        }
        return Section(heading: desk.say("by_slot_heading"), table: table)
    }

    private func suggestion(_ sample: Sample, _ low: Double?, _ high: Double?, _ unit: String?) -> Section {
        guard let limits = LimitSuggestion(sample) else {
            return Section(
                heading: desk.say("suggestion"),
                note: desk.say("suggestion_few", ["count": "\(LimitSuggestion.fewest)"]))
        }
        let suffix = unit.map { " \($0)" } ?? ""
        let doubt = limits.normality.hint == .implausible ? " " + desk.say("suggestion_not_normal") : ""
        return Section(
            heading: desk.say("suggestion"),
            note: desk.say(
                "suggestion_note",
                [
                    "factor": NumberText.fixed(limits.factor, 2), "count": "\(limits.used.count)",
                    "outliers": "\(limits.outliers)",
                ]) + doubt,
            cards: [
                .init(
                    label: desk.say("chart_low"), value: NumberText.short(limits.low, digits: 6) + suffix,
                    more: low.map { desk.say("now_is", ["value": NumberText.short($0, digits: 6)]) } ?? ""),
                .init(
                    label: desk.say("chart_high"), value: NumberText.short(limits.high, digits: 6) + suffix,
                    more: high.map { desk.say("now_is", ["value": NumberText.short($0, digits: 6)]) } ?? ""),
            ])
    }

    private func outliers(_ numbers: [MeasuredNumber], _ sample: Sample, _ unit: String?) -> Section {
        var table = Section.Table(
            caption: desk.say("outliers_heading"),
            columns: [
                desk.say("chart_time"), desk.say("unit"), desk.say("slot"), desk.say("chart_value"), "z",
            ])
        // Positions are those of the finite values; the record holds no others.
        let scores = Outliers.scores(sample)
        let positions = Set(Outliers.positions(sample))
        let shown = numbers.indices.reversed().filter { positions.contains($0) || numbers[$0].failed }.prefix(
            50)
        for index in shown {
            let number = numbers[index]
            table.add(
                [
                    Section.Cell(ReportDesk.time(number.at)),
                    Section.Cell(
                        number.serial ?? number.device ?? "–",
                        href: (number.device ?? number.serial).map { "/units/" + Link.encoded($0) }),
                    Section.Cell(desk.slotName(number.slot)),
                    .number(NumberText.short(number.value, digits: 6)),
                    .number(index < scores.count ? NumberText.fixed(scores[index], 1) : "–"),
                ], tone: number.failed ? .bad : .plain)
        }
        return Section(heading: desk.say("outliers_heading"), note: desk.say("outliers_note"), table: table)
    }
}
