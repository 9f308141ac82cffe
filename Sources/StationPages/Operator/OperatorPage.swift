import StationConfig

/// The operator's page: `/`.
struct OperatorPage {
    let line: LineState
    let scanner: ScannerSettings
    /// What is written on golden units and gauge parts.
    var references: [String] = []
    let frame: PageFrame

    var view: [String: Any] {
        let words = frame.words
        return frame.view(title: words.say("operator_title")).merging(
            [
                "station": line.station,
                "tiles": line.slots.map { SlotTile(state: $0, words: words).view },
                "orders": line.orders.prefix(3).map { order -> [String: Any] in
                    [
                        "id": order.id, "sku": order.sku, "market": order.market ?? "",
                        "title": order.title ?? "", "blessed": "\(order.blessed)",
                        "quantity": "\(order.quantity)", "state": order.state.rawValue,
                        "stateText": words.say("order_\(order.state.rawValue)"),
                    ]
                },
                "alarms": line.alarms.map { alarm -> [String: Any] in
                    [
                        "code": alarm.code, "text": alarm.text, "slot": alarm.slot ?? "",
                        "headline": words.headline(of: alarm),
                    ]
                },
                "scanner": scanner.json(references: references), "jsWords": ScriptValues.json(scriptWords),
                "sequence": "\(line.sequence)",
            ], uniquingKeysWith: { $1 })
    }

    /// What the script says by itself.
    private var scriptWords: [String: String] {
        var texts: [String: String] = [:]
        for group in ["js_", "phase_", "advice_", "reason_", "action_", "stage_", "order_", "alarm_"] {
            let kept = group == "js_" ? "" : group
            for (key, text) in frame.words.group(group) { texts[kept + key] = text }
        }
        return texts
    }
}

extension Words {
    /// An alarm in the operator's language; the station's own sentence says the details. Empty for a code that has no
    /// words.
    func headline(of alarm: LineAlarm) -> String {
        let key = "alarm_\(alarm.code)"
        return has(key) ? say(key, ["slot": alarm.slot ?? ""]) : ""
    }
}
