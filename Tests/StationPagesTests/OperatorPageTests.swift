import StationConfig
import StationStore
import Testing

@testable import StationPages

@Suite struct OperatorPageTests {
    static func page(_ line: LineState, language: String = "en", viewer: Viewer? = nil) -> PageAnswer {
        let frame = PageFrame(
            words: Words(language: Language.fitting(language, among: Language.all)), languages: Language.all,
            viewer: viewer, path: "/", query: [:], now: DemoRecord.now)
        return Templates.render(
            "operator", OperatorPage(line: line, scanner: ScannerSettings(), frame: frame).view)
    }

    static let viewer = Viewer(name: "Li Na", role: "operator", csrfToken: "c5rf")

    @Test(arguments: ["en", "zh-Hans"]) func everyPhaseHasColourShapeAndWord(language: String) {
        let words = Words(language: Language.fitting(language, among: Language.all))
        var line = DemoRecord.line
        line.slots = SlotPhase.allCases.enumerated().map { index, phase in
            SlotState(slot: index + 1, name: "S\(index + 1)", kind: .usb, phase: phase)
        }
        let answer = Self.page(line, language: language)
        PageRules.check(answer, "operator \(language)")
        let style = Assets.all["operator.css"].map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        var seen: Set<String> = []
        for phase in SlotPhase.allCases {
            #expect(answer.text.contains("<use href=\"#shape-\(phase.rawValue)\"/>"))
            #expect(answer.text.contains("id=\"shape-\(phase.rawValue)\""))
            #expect(style.contains(".tile[data-phase=\"\(phase.rawValue)\"]"))
            let word = words.say("phase_\(phase.rawValue)")
            #expect(Markup(answer.text).all("strong").contains { $0.text == word })
            #expect(seen.insert(word).inserted, "two phases are both called \(word)")
        }
    }

    @Test func everyAdviceHasAPictureAndWords() {
        var line = DemoRecord.line
        line.slots = SlotAdvice.allCases.enumerated().map { index, advice in
            var state = SlotState(slot: index + 1, name: "S\(index)", kind: .usb, phase: .failed)
            (state.advice, state.reason) = (advice, "why")
            return state
        }
        let text = Self.page(line).text
        for advice in SlotAdvice.allCases {
            #expect(text.contains("id=\"advice-\(advice.rawValue)\""))
            #expect(text.contains("data-advice=\"\(advice.rawValue)\""))
            if advice != .none {
                #expect(Language.english.texts["advice_\(advice.rawValue)"]?.isEmpty == false)
            }
        }
    }

    @Test func tilesShowSerialStepProgressAndTimeAgainstTakt() {
        let page = Markup(Self.page(DemoRecord.line, viewer: Self.viewer).text)
        #expect(page.text.contains("ES0100017"))
        #expect(page.text.contains("accelerometer"))
        #expect(page.text.contains("0:21 / 0:45"))
        #expect(page.all("progress").first?.attributes["value"] == "42")
        #expect(page.text.contains("16 / 24"))
        #expect(page.text.contains("Li Na"))
        #expect(page.all("body").first?.attributes["data-csrf"] == "c5rf")
    }

    @Test func aReasonIsSaidInTheOperatorsLanguage() {
        let english = Markup(Self.page(DemoRecord.line).text)
        #expect(english.text.contains("Test failed T01") && english.text.contains("Rework bin"))
        let chinese = Markup(Self.page(DemoRecord.line, language: "zh-Hans").text)
        #expect(chinese.text.contains("测试不合格 T01") && chinese.text.contains("放入返修箱"))
        #expect(chinese.all("html").first?.attributes["lang"] == "zh-Hans")
        var line = DemoRecord.line
        line.slots[2].reasonCode = "Z99"
        line.slots[2].reason = "something new"
        #expect(Markup(Self.page(line, language: "zh-Hans").text).text.contains("something new Z99"))
    }

    @Test func whatAUnitSaysStaysText() {
        let hostile = "<img src=x onerror=alert(1)>\"'&{{name}}</li>"
        var line = DemoRecord.line
        line.station = hostile
        for index in line.slots.indices {
            line.slots[index].name = hostile + "\(index)"
            line.slots[index].serial = hostile
            line.slots[index].step = hostile
            line.slots[index].reason = hostile
            line.slots[index].reasonCode = hostile
            line.slots[index].deviceID = hostile
        }
        line.orders[0].id = hostile
        line.orders[0].sku = hostile
        line.alarms = [LineAlarm(code: hostile, text: hostile, since: hostile)]
        let viewer = Viewer(name: hostile, role: "operator", csrfToken: hostile)
        let answer = Self.page(line, viewer: viewer)
        PageRules.check(answer, "hostile")
        #expect(Markup(answer.text).all("img").isEmpty)
        #expect(answer.text.contains("&lt;img src=x"))
    }

    @Test(arguments: [
        (nil, ""), (0.0, "0:00"), (59.6, "1:00"), (125, "2:05"), (3600, "60:00"), (-1, ""), (.infinity, ""),
    ]) func clocks(seconds: Double?, text: String) {
        #expect(SlotTile.clock(seconds) == text)
    }

    @Test func pageAndAssetsTogetherStayBelow150KB() {
        var bytes = Self.page(DemoRecord.line, viewer: Self.viewer).body.count
        for name in [
            "base.css", "operator.css", "operator.js", "scan.js", "sounds.js", "live.js", "icon.svg",
        ] {
            bytes += StationPages.asset(name)?.body.count ?? 1_000_000
        }
        #expect(bytes < 150_000, "\(bytes)")
        #expect(StationPages.asset("../station.yaml") == nil)
        #expect(StationPages.asset("operator.js")?.etag?.isEmpty == false)
    }
}
