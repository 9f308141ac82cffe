import Charts
import StationConfig
import StationStore

/// A page that was put together and has still to be written.
struct Report {
    var title: String
    var lead = ""
    /// What is wrong with the question, as a sentence.
    var problem = ""
    var forms: [QueryForm] = []
    var sections: [Section] = []

    /// The page, or the file of one of its charts when the address asks for that.
    func answer(_ frame: PageFrame, station: String) async -> PageAnswer {
        if let name = frame.query["chart"] {
            return await file(name, frame.query["as"] ?? "svg", frame)
        }
        var view = frame.view(title: title)
        view["station"] = station
        view["lead"] = Section.orFalse(lead)
        view["problem"] = Section.orFalse(problem)
        view["forms"] = forms.enumerated().map { $1.view($0) }
        view["sections"] = sections.map { $0.view(frame) }
        return Templates.render("report", view)
    }

    private func file(_ name: String, _ kind: String, _ frame: PageFrame) async -> PageAnswer {
        guard let drawn = sections.lazy.flatMap(\.charts).first(where: { $0.name == name }) else {
            return .plain(frame.words.say("no_chart", ["name": name]), status: 404)
        }
        switch kind {
        case "csv":
            return PageAnswer(
                contentType: "text/csv; charset=utf-8", body: Array(drawn.chart.table.csv.utf8),
                fileName: "\(name).csv")
        case "png":
            do {
                return PageAnswer(
                    contentType: "image/png", body: try await PortableImage.png(of: drawn.chart),
                    fileName: "\(name).png")
            } catch {
                return .plain("\(error)", status: 503)
            }
        default:
            return PageAnswer(
                contentType: "image/svg+xml", body: Array(drawn.chart.svg.utf8), fileName: "\(name).svg")
        }
    }
}

extension PageAnswer {
    static func plain(_ text: String, status: Int) -> PageAnswer {
        PageAnswer(status: status, contentType: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }
}

/// What every report is made from.
struct ReportDesk {
    let frame: PageFrame
    let reader: StationReader
    let folder: StationFolder?
    let sources: any PageSources

    var words: Words { frame.words }
    var query: [String: String] { frame.query }

    func say(_ key: String, _ values: [String: String] = [:]) -> String { words.say(key, values) }

    /// A slot by the name on its label; its number when the folder does not know it.
    func slotName(_ number: Int) -> String {
        guard let slots = folder?.station.slots, (1...max(1, slots.count)).contains(number), !slots.isEmpty
        else {
            return "\(number)"
        }
        return slots[number - 1].name
    }

    /// 2026-11-22T10:30:15Z, without milliseconds.
    static func time(_ milliseconds: Int64) -> String { String(UTCTime.text(milliseconds).prefix(19)) + "Z" }

    var chartWords: ChartWords {
        var chart = ChartWords()
        chart.low = say("chart_low")
        chart.high = say("chart_high")
        chart.mean = say("chart_mean")
        chart.from = say("chart_from")
        chart.to = say("chart_to")
        chart.count = say("chart_count")
        chart.share = say("chart_share")
        chart.cumulative = say("chart_cumulative")
        chart.cause = say("chart_cause")
        chart.value = say("chart_value")
        chart.order = say("chart_order")
        chart.slot = say("slot")
        chart.outlier = say("chart_outlier")
        chart.passed = say("chart_passed")
        chart.failed = say("chart_failed")
        chart.time = say("chart_time")
        chart.nothing = say("nothing")
        return chart
    }
}
