import Blessing
import Charts
import StationConfig
import StationStore
import Statistics

/// `/golden`: which slot may work, which must measure its golden unit, and whether it drifts.
struct GoldenPage {
    let desk: ReportDesk

    func report() async throws -> Report {
        guard let settings = desk.folder?.station.golden, !settings.units.isEmpty else {
            return Report(title: desk.say("golden_title"), lead: desk.say("golden_none"))
        }
        let slots = desk.folder?.station.slots ?? []
        var table = Section.Table(
            caption: desk.say("golden_title"),
            columns: [
                desk.say("slot"), desk.say("gate"), desk.say("last_check"), desk.say("golden_unit"),
                desk.say("what_to_do"),
            ])
        for number in slots.indices.map({ $0 + 1 }) {
            let check = try await GoldenWatch.lastCheck(
                ofSlot: number, settings: settings, reader: desk.reader)
            let decision = GoldenGate.decide(
                checks: check.map { [$0] } ?? [], settings: settings, now: desk.frame.now)
            table.add(
                [
                    Section.Cell(desk.slotName(number)),
                    Section.Cell(
                        desk.say(decision.isOpen ? "gate_open" : "gate_shut"),
                        shape: decision.isOpen ? "shape-passed" : "shape-failed"),
                    Section.Cell(check.map { ReportDesk.time($0.at) } ?? "–"),
                    Section.Cell(check?.unit ?? "–"),
                    Section.Cell(desk.words.say(decision, slot: desk.slotName(number))),
                ], tone: decision.isOpen ? .good : .bad)
        }
        return Report(
            title: desk.say("golden_title"),
            lead: desk.say("golden_lead", ["hours": NumberText.short(settings.interval.hours)]),
            sections: [
                Section(heading: desk.say("gate"), note: desk.say("golden_how"), table: table)
            ] + (try await drifts(settings)))
    }

    /// A chart for each known value: deviations by slot, and what the weighted mean says.
    private func drifts(_ settings: GoldenSettings) async throws -> [Section] {
        var sections: [Section] = []
        for unit in settings.units {
            var section = Section(heading: desk.say("golden_of", ["unit": unit.name]))
            var table = Section.Table(
                caption: unit.name,
                columns: [
                    desk.say("measurement"), desk.say("slot"), desk.say("reference"),
                    desk.say("last_deviation"), desk.say("weighted"),
                    desk.say("standing"),
                ])
            for (index, value) in unit.values.enumerated() {
                let numbers = try await desk.reader.numbers(
                    step: value.step, measurement: value.name, RunFilter(), units: [unit.device.text],
                    limit: 400)
                let bySlot = Dictionary(grouping: numbers.enumerated(), by: { $0.element.slot })
                for (slot, rows) in bySlot.sorted(by: { $0.key < $1.key }) {
                    let drift = GoldenDrift(
                        rows.map(\.element.value), reference: value.reference, tolerance: value.tolerance)
                    table.add(
                        [
                            Section.Cell("\(value.step) · \(value.name)"), Section.Cell(desk.slotName(slot)),
                            .number(
                                "\(NumberText.short(value.reference, digits: 6)) ± \(NumberText.short(value.tolerance))"
                            ),
                            .number(drift.lastDeviation.map { NumberText.short($0, digits: 3) } ?? "–"),
                            .number(drift.weightedMeans.last.map { NumberText.short($0, digits: 3) } ?? "–"),
                            Section.Cell(desk.say("drift_\(drift.standing.rawValue)")),
                        ], tone: drift.standing == .off ? .bad : .plain)
                }
                let series = bySlot.sorted { $0.key < $1.key }.map { slot, rows in
                    TrendChart.Series(
                        name: desk.slotName(slot),
                        points: rows.map { .init(order: $0.offset, value: $0.element.value) })
                }
                section.charts.append(
                    DrawnChart(
                        name: "golden-\(unit.name)-\(index)",
                        chart: TrendChart.draw(
                            id: "c-\(sections.count)-\(index)",
                            title: "\(unit.name): \(value.step) · \(value.name)",
                            about: desk.say("golden_about", ["count": "\(numbers.count)"]), series,
                            low: value.reference - value.tolerance, high: value.reference + value.tolerance,
                            unit: numbers.last?.unit, words: desk.chartWords)))
            }
            section.table = table
            sections.append(section)
        }
        return sections
    }
}

extension Words {
    /// What a decision means for the people at a slot, and what to do.
    func say(_ decision: GoldenGate.Decision, slot: String) -> String {
        switch decision {
        case .notWatched: say("golden_notWatched")
        case .open(let remaining): say("golden_open", ["time": hours(remaining)])
        case .dueSoon(let remaining): say("golden_dueSoon", ["time": hours(remaining), "slot": slot])
        case .shutNever: say("golden_shutNever", ["slot": slot])
        case .shutOverdue(let age): say("golden_shutOverdue", ["time": hours(age), "slot": slot])
        case .shutOff(let unit, let faults):
            say("golden_shutOff", ["unit": unit, "faults": faults.joined(separator: "; "), "slot": slot])
        case .shutClock: say("golden_shutClock", ["slot": slot])
        }
    }

    private func hours(_ milliseconds: Int64) -> String {
        let minutes = max(0, milliseconds / 60_000)
        return minutes < 120
            ? say("minutes", ["count": "\(minutes)"])
            : say("hours", ["count": NumberText.fixed(Double(minutes) / 60, 1)])
    }
}

extension GoldenGate.Decision {
    /// As one sentence, in the language wished for: the reason that a refused start gives.
    public func sentence(slot: String, language: String) -> String {
        Words(language: Language.fitting(language, among: Language.all)).say(self, slot: slot)
    }
}

extension Duration {
    var hours: Double { Double(components.seconds) / 3600 }
}
