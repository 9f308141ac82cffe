import Charts
import StationConfig
import StationStore
import Statistics

/// `/gauge`: a gauge study (gauge R&R) as a guided procedure. The address is the study: parts, appraisers, trials, a
/// measurement and the run it began after; what was measured is in the record.
struct GaugePage {
    let desk: ReportDesk

    private enum Appraiser: String, CaseIterable { case slot, person }

    func report() async throws -> Report {
        let parts = chosenParts
        let trials = min(max(desk.query["trials"].flatMap { Int($0) } ?? 3, 2), 10)
        let by = desk.query["by"].flatMap(Appraiser.init(rawValue:)) ?? .slot
        let newest = try await desk.reader.runs(RunFilter(limit: 1)).first?.run.rawValue ?? 0
        let from = desk.query["from"].flatMap { Int64($0) } ?? newest + 1
        let measurement = desk.query["measurement"] ?? ""
        var report = Report(
            title: desk.say("gauge_title"), lead: desk.say("gauge_lead"),
            forms: [try await form(parts, trials, by, measurement, from)])
        guard desk.query["measurement"] != nil else { return report }
        let pieces = measurement.split(separator: "/", maxSplits: 1).map(String.init)
        guard pieces.count == 2, parts.count >= 2 else {
            report.problem = desk.say("gauge_incomplete")
            return report
        }
        let numbers = try await desk.reader.numbers(
            step: pieces[0], measurement: pieces[1], RunFilter(from: RunID(rawValue: from)),
            units: parts.map(\.device))
        let appraisers = appraisers(by, numbers)
        // By part, by appraiser: values in the order of measuring.
        let cells = parts.map { part in
            appraisers.map { appraiser in
                numbers.filter { $0.device == part.device && key($0, by) == appraiser }.map(\.value)
            }
        }
        report.sections = [progress(parts, appraisers, cells, trials, by)]
        let complete = !appraisers.isEmpty && cells.allSatisfy { $0.allSatisfy { $0.count >= trials } }
        guard complete else { return report }
        do {
            let limits = numbers.last
            let tolerance = limits.flatMap { row in row.high.flatMap { high in row.low.map { high - $0 } } }
            let study = try GaugeStudy(
                cells.map { $0.map { Array($0.prefix(trials)) } }, tolerance: tolerance)
            report.sections += results(study, parts, appraisers, cells, trials, measurement, limits?.unit)
        } catch {
            report.problem = "\(error)"
        }
        return report
    }

    private struct Part {
        var name: String
        var device: String
    }

    /// Those that the address names, else those of station.yaml.
    private var chosenParts: [Part] {
        let golden = desk.folder?.station.golden
        guard let text = desk.query["parts"], !text.isEmpty else {
            return ((golden?.gaugeParts ?? []) + (golden?.units ?? [])).map {
                Part(name: $0.name, device: $0.device.text)
            }
        }
        return text.split { $0 == "," || $0 == " " || $0 == ";" }.prefix(50).map { piece in
            let known = golden?.unit(scanned: String(piece))
            return Part(name: known?.name ?? String(piece), device: known?.device.text ?? piece.lowercased())
        }
    }

    private func key(_ number: MeasuredNumber, _ by: Appraiser) -> String {
        by == .slot ? desk.slotName(number.slot) : number.operatorName ?? "–"
    }

    /// Slots as station.yaml has them, unless the address names some; persons as they measured.
    private func appraisers(_ by: Appraiser, _ numbers: [MeasuredNumber]) -> [String] {
        if let text = desk.query["appraisers"], !text.isEmpty {
            return text.split { $0 == "," || $0 == ";" }.map { String($0).trimmingSpaces }.filter {
                !$0.isEmpty
            }
        }
        if by == .slot, let slots = desk.folder?.station.slots { return slots.map(\.name) }
        return Set(numbers.map { key($0, by) }).sorted()
    }

    private func form(_ parts: [Part], _ trials: Int, _ by: Appraiser, _ measurement: String, _ from: Int64)
        async throws -> QueryForm
    {
        let window = RunFilter(from: try await desk.reader.oldest(ofNewest: 200))
        let measurands = try await desk.reader.measurands(window).map { "\($0.step)/\($0.name)" }
        return QueryForm(
            action: "/gauge", submit: desk.say("gauge_show"),
            fields: [
                .init(
                    name: "measurement", label: desk.say("measurement"), value: measurement,
                    options: [("", "–")] + measurands.map { ($0, $0) }),
                .init(
                    name: "parts", label: desk.say("gauge_parts"),
                    value: desk.query["parts"] ?? parts.map(\.name).joined(separator: ", "), isWide: true),
                .init(
                    name: "by", label: desk.say("gauge_by"), value: by.rawValue,
                    options: Appraiser.allCases.map { ($0.rawValue, desk.say("gauge_by_\($0.rawValue)")) }),
                .init(
                    name: "appraisers", label: desk.say("gauge_appraisers"),
                    value: desk.query["appraisers"] ?? "", hint: "A, B"),
                .init(
                    name: "trials", label: desk.say("gauge_trials"), value: "\(trials)",
                    options: (2...5).map { ("\($0)", "\($0)") }),
                .init(name: "from", label: desk.say("gauge_from"), value: "\(from)", type: "number"),
            ], isAutomatic: false)
    }

    private func progress(
        _ parts: [Part], _ appraisers: [String], _ cells: [[[Double]]], _ trials: Int, _ by: Appraiser
    ) -> Section {
        var table = Section.Table(
            caption: desk.say("gauge_progress"), columns: [desk.say("gauge_part")] + appraisers)
        var next: String?
        // All parts once, then all again: the order that keeps an appraiser from remembering the last value.
        for turn in 0..<trials where next == nil {
            for (a, appraiser) in appraisers.enumerated() where next == nil {
                for (p, part) in parts.enumerated() where next == nil && cells[p][a].count <= turn {
                    next = desk.say(
                        "gauge_next_\(by.rawValue)",
                        [
                            "part": part.name, "appraiser": appraiser, "trial": "\(turn + 1)",
                            "trials": "\(trials)",
                        ])
                }
            }
        }
        for (index, part) in parts.enumerated() {
            table.add(
                [Section.Cell(part.name)]
                    + cells[index].map { values in
                        var cell = Section.Cell(
                            "\(min(values.count, trials)) / \(trials)",
                            shape: values.count >= trials ? "shape-passed" : "shape-empty")
                        cell.isNumber = false
                        return cell
                    })
        }
        return Section(
            heading: next == nil ? desk.say("gauge_complete") : desk.say("gauge_next"),
            note: next ?? desk.say("gauge_all_measured"), table: table)
    }

    private func results(
        _ study: GaugeStudy, _ parts: [Part], _ appraisers: [String], _ cells: [[[Double]]], _ trials: Int,
        _ measurement: String, _ unit: String?
    ) -> [Section] {
        var variation = Section.Table(
            caption: desk.say("gauge_variation"),
            columns: [
                desk.say("gauge_source"), "σ", desk.say("gauge_contribution"), desk.say("gauge_study"),
                desk.say("gauge_tolerance"),
            ])
        for (name, component) in [
            ("gauge_total_gauge", study.gauge), ("gauge_repeatability", study.repeatability),
            ("gauge_reproducibility", study.reproducibility), ("gauge_part_to_part", study.partToPart),
            ("gauge_total", study.total),
        ] {
            variation.add([
                Section.Cell(desk.say(name)), .number(NumberText.short(component.deviation)),
                .number(NumberText.percent(component.contribution)),
                .number(NumberText.percent(component.studyShare)),
                .number(component.toleranceShare.map { NumberText.percent($0) } ?? "–"),
            ])
        }
        var anova = Section.Table(
            caption: desk.say("gauge_anova"), columns: [desk.say("gauge_source"), "df", "SS", "MS", "F", "p"])
        for (name, source) in [
            ("gauge_part", study.partSource), ("gauge_appraiser", study.appraiserSource),
            ("gauge_interaction", study.interactionSource),
            ("gauge_repeatability", study.repeatabilitySource),
        ] {
            anova.add([
                Section.Cell(desk.say(name)), .number("\(source.degrees)"),
                .number(NumberText.short(source.sumOfSquares, digits: 5)),
                .number(NumberText.short(source.meanSquare, digits: 5)),
                .number(source.f.map { NumberText.short($0) } ?? "–"),
                .number(source.p.map { NumberText.short($0, digits: 2) } ?? "–"),
            ])
        }
        let series = appraisers.enumerated().map { a, name in
            TrendChart.Series(
                name: name,
                points: parts.indices.flatMap { p in
                    cells[p][a].prefix(trials).map { .init(order: p, value: $0) }
                })
        }
        return [
            Section(
                heading: desk.say("gauge_result"),
                cards: [
                    .init(
                        label: "%GRR", value: NumberText.percent(study.gauge.studyShare),
                        more: desk.say("gauge_\(study.verdict.rawValue)"),
                        tone: study.verdict == .good ? .good : study.verdict == .marginal ? .doubt : .bad),
                    .init(
                        label: desk.say("gauge_categories"),
                        value: study.distinctCategories > 1000 ? "> 1000" : "\(study.distinctCategories)",
                        more: desk.say("gauge_categories_note"),
                        tone: study.distinctCategories >= 5 ? .good : .doubt),
                    .init(
                        label: desk.say("gauge_interaction"),
                        value: study.interactionSource.p.map { "p = \(NumberText.short($0, digits: 2))" }
                            ?? "–",
                        more: desk.say(study.isPooled ? "gauge_pooled" : "gauge_kept")),
                ],
                charts: [
                    DrawnChart(
                        name: "gauge",
                        chart: TrendChart.draw(
                            id: "c-gauge", title: desk.say("gauge_chart", ["name": measurement]),
                            about: desk.say(
                                "gauge_chart_about",
                                [
                                    "parts": parts.map(\.name).joined(separator: ", "),
                                    "grr": NumberText.percent(study.gauge.studyShare),
                                ]),
                            series, low: nil, high: nil, unit: unit, words: desk.chartWords))
                ], table: variation), Section(heading: desk.say("gauge_anova"), table: anova),
        ]
    }
}
