import Charts
import StationStore
import Statistics

/// `/line`: what the line makes, how well, and which slot differs.
struct LinePage {
    let desk: ReportDesk

    private static let hour: Int64 = 3_600_000

    func report() async throws -> Report {
        let window = try await ReportWindow(desk)
        let yield = try await desk.reader.yield(window.filter)
        let bySlot = try await desk.reader.yields(by: .slot, window.filter)
        let times = try await desk.reader.cycleTimes(window.filter)
        let production = try await desk.reader.production(window.filter, every: Self.hour)
        let live = await desk.sources.lineState()
        return Report(
            title: desk.say("line_title"), lead: desk.say("line_lead"), forms: [window.form(desk)],
            sections: [
                Section(
                    cards: cards(yield, times, production, live), charts: [hourly(production, live)]),
                slots(bySlot, times), orders(live, try await desk.reader.orders()),
            ])
    }

    private func cards(
        _ yield: Yield, _ times: [(slot: Int, milliseconds: Int64)], _ production: [ProductionRow],
        _ live: LineState
    ) -> [Section.Card] {
        let lastHour = production.filter { $0.from >= desk.frame.now - Self.hour }.reduce(0) {
            $0 + $1.passed
        }
        let hours = Dictionary(grouping: production, by: \.from).count
        let perHour = hours > 0 ? Double(production.reduce(0) { $0 + $1.passed }) / Double(hours) : 0
        let cycle = Sample(times.map { Double($0.milliseconds) / 1000 })
        let working = live.slots.count { $0.phase == .working }
        return [
            .init(
                label: desk.say("units_per_hour"), value: NumberText.fixed(perHour, 1),
                more: desk.say("units_last_hour", ["count": "\(lastHour)"])),
            Self.card(
                desk, desk.say("first_pass_yield"), yield.firstPass, yield.units, good: 0.95, doubtful: 0.85),
            Self.card(
                desk, desk.say("final_yield"), yield.firstPass + yield.passedLater, yield.units, good: 0.98,
                doubtful: 0.92),
            .init(
                label: desk.say("cycle_time"), value: cycle.median.map { Self.seconds($0) } ?? "–",
                more: cycle.quantile(0.95).map { desk.say("cycle_p95", ["time": Self.seconds($0)]) } ?? ""),
            .init(
                label: desk.say("slots_working"), value: "\(working) / \(live.slots.count)",
                more: desk.say("units_judged", ["count": "\(yield.units)"])),
        ]
    }

    /// A yield with its interval; the tone is that of the interval's better end, so that chance makes no alarm.
    static func card(
        _ desk: ReportDesk, _ label: String, _ count: Int, _ total: Int, good: Double, doubtful: Double
    ) -> Section.Card {
        guard let share = Proportion(count, of: total) else { return .init(label: label, value: "–") }
        let interval = share.interval()
        return .init(
            label: label, value: NumberText.percent(share.share),
            more: desk.say(
                "interval_95",
                ["low": NumberText.percent(interval.low), "high": NumberText.percent(interval.high)]),
            tone: share.share >= good ? .good : interval.high >= doubtful ? .doubt : .bad)
    }

    static func seconds(_ seconds: Double) -> String {
        seconds < 100 ? NumberText.fixed(seconds, 1) + " s" : SlotTile.clock(seconds) + " min"
    }

    private func hourly(_ production: [ProductionRow], _ live: LineState) -> DrawnChart {
        let hours = Dictionary(grouping: production, by: \.from)
        // The newest day and a half that had any work.
        let columns = hours.keys.sorted().suffix(36).map { from -> ColumnChart.Column in
            let rows = hours[from] ?? []
            let text = ReportDesk.time(from)
            return .init(
                name: String(text.dropFirst(8).prefix(2)) + "." + String(text.dropFirst(11).prefix(2)) + "h",
                passed: rows.reduce(0) { $0 + $1.passed }, failed: rows.reduce(0) { $0 + $1.failed })
        }
        let takts = live.slots.compactMap(\.taktSeconds).filter { $0 > 0 }
        let target = takts.isEmpty ? nil : takts.reduce(0.0) { $0 + 3600 / $1 }
        // A line that the takt would allow far above everything would flatten the columns.
        let highest = Double(columns.map { $0.passed + $0.failed }.max() ?? 0)
        return DrawnChart(
            name: "production",
            chart: ColumnChart.draw(
                id: "c-production", title: desk.say("chart_production"),
                about: desk.say(
                    "chart_production_about",
                    [
                        "passed": "\(columns.reduce(0) { $0 + $1.passed })",
                        "failed": "\(columns.reduce(0) { $0 + $1.failed })",
                    ]),
                columns, target: target.flatMap { $0 <= highest * 2 ? $0 : nil }, words: desk.chartWords))
    }

    private func slots(
        _ yields: [(key: String, yield: Yield)], _ times: [(slot: Int, milliseconds: Int64)]
    ) -> Section {
        var table = Section.Table(
            caption: desk.say("slots_compared"),
            columns: [
                desk.say("slot"), desk.say("units"), desk.say("first_pass_yield"), desk.say("interval"),
                desk.say("final_yield"), desk.say("cycle_time"),
            ])
        var columns: [ColumnChart.Column] = []
        for (key, yield) in yields {
            guard let slot = Int(key), let share = Proportion(yield.firstPass, of: yield.units) else {
                continue
            }
            let interval = share.interval()
            let cycle = Sample(times.filter { $0.slot == slot }.map { Double($0.milliseconds) / 1000 })
            let passed = yield.firstPass + yield.passedLater
            columns.append(.init(name: desk.slotName(slot), passed: passed, failed: yield.units - passed))
            table.add([
                Section.Cell(
                    desk.slotName(slot),
                    href: Link.to("/line", desk.query.merging(["slot": key], uniquingKeysWith: { $1 }))),
                .number("\(yield.units)"), .number(NumberText.percent(share.share)),
                .number("\(NumberText.percent(interval.low)) … \(NumberText.percent(interval.high))"),
                .number(yield.finalYield.map { NumberText.percent($0) } ?? "–"),
                .number(cycle.median.map(Self.seconds) ?? "–"),
            ])
        }
        return Section(
            heading: desk.say("slots_compared"), note: desk.say("slots_note"),
            charts: [
                DrawnChart(
                    name: "slots",
                    chart: ColumnChart.draw(
                        id: "c-slots", title: desk.say("slots_compared"), about: desk.say("slots_about"),
                        columns,
                        words: desk.chartWords))
            ], table: table)
    }

    private func orders(_ live: LineState, _ recorded: [OrderStatus]) -> Section {
        var rows = live.orders.map {
            ProgressChart.Row(name: $0.id, done: $0.blessed, quantity: $0.quantity)
        }
        for order in recorded.suffix(12).reversed() where !rows.contains(where: { $0.name == order.order }) {
            rows.append(.init(name: order.order, done: order.blessed, quantity: order.quantity))
        }
        return Section(
            heading: desk.say("orders"),
            charts: [
                DrawnChart(
                    name: "orders",
                    chart: ProgressChart.draw(
                        id: "c-orders", title: desk.say("orders"), about: desk.say("orders_about"),
                        Array(rows.prefix(12)), words: desk.chartWords))
            ])
    }
}
