import Foundation
import Statistics
import Testing

@testable import Charts

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ChartTests {
    /// Text that would end an element, an attribute or a document if it were not escaped.
    static let hostile = "<script>alert(1)</script>\"'&]]>\u{1}\u{0}"

    static func charts(_ text: String) -> [Chart] {
        let sample = Sample((0..<80).map { 3.3 + Double($0 % 9) * 0.002 })
        return [
            ParetoChart.draw(
                id: "a", title: text, about: text, Pareto([(cause: text, count: 3), ("T01", 9)])),
            HistogramChart.draw(
                id: "b", title: text, about: text, Histogram(sample), low: 3.2, high: 3.4, mean: sample.mean,
                unit: text),
            TrendChart.draw(
                id: "c", title: text, about: text,
                (0..<7).map { slot in
                    TrendChart.Series(
                        name: text + "\(slot)",
                        points: (0..<10).map {
                            .init(order: $0 * 7 + slot, value: 3.3 + Double($0) * 0.01, isOutlier: $0 == 4)
                        })
                }, low: 3.2, high: 3.4, line: Trend(sample.values), unit: text),
            ColumnChart.draw(
                id: "d", title: text, about: text,
                [.init(name: text, passed: 4, failed: 1), .init(name: "09", passed: 0, failed: 0)], target: 6),
            ProgressChart.draw(id: "e", title: text, about: text, [.init(name: text, done: 3, quantity: 24)]),
        ]
    }

    @Test func everyChartIsSoundXMLWhateverTheTextSays() throws {
        for chart in Self.charts(Self.hostile) {
            let parser = XMLParser(data: Data(chart.svg.utf8))
            #expect(parser.parse(), "\(chart.svg.prefix(80)): \(String(describing: parser.parserError))")
            #expect(!chart.svg.contains("<script"))
            #expect(chart.svg.contains("<title id=") && chart.svg.contains("<desc id="))
            #expect(chart.svg.contains("role=\"img\""))
        }
    }

    @Test func chartsNeedNoStyleSheetAndNoScript() {
        for chart in Self.charts("plain") {
            for word in ["style=", "<style", "<script", "class=", "href", "@import", "http://", "https://"] {
                let text = chart.svg.replacing("http://www.w3.org/2000/svg", with: "")
                #expect(!text.contains(word), "\(word)")
            }
        }
    }

    @Test func emptyChartsSayThatThereIsNothing() {
        let charts = [
            ParetoChart.draw(id: "a", title: "t", about: "d", Pareto([(cause: String, count: Int)]())),
            HistogramChart.draw(
                id: "b", title: "t", about: "d", nil, low: nil, high: nil, mean: nil, unit: nil),
            TrendChart.draw(id: "c", title: "t", about: "d", [], low: nil, high: nil, unit: nil),
            ColumnChart.draw(id: "d", title: "t", about: "d", []),
            ProgressChart.draw(id: "e", title: "t", about: "d", []),
        ]
        for chart in charts {
            #expect(chart.svg.contains("No data"))
            #expect(XMLParser(data: Data(chart.svg.utf8)).parse())
        }
    }

    @Test func numbersThatAreNoneDrawNothingWrong() {
        let chart = TrendChart.draw(
            id: "c", title: "t", about: "d",
            [.init(name: "A", points: [.init(order: 0, value: .nan), .init(order: 1, value: 1e300)])],
            low: -1e300,
            high: nil, unit: nil)
        #expect(!chart.svg.lowercased().contains("nan"))
        #expect(!chart.svg.contains("inf"))
    }

    @Test func tablesHoldWhatTheChartShows() {
        let chart = ParetoChart.draw(
            id: "a", title: "t", about: "d", Pareto([(cause: "T01", count: 3), ("A02", 1)]))
        #expect(chart.table.rows == [["T01", "3", "75.0 %", "75.0 %"], ["A02", "1", "25.0 %", "100.0 %"]])
    }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "'=1+1"),
        ("-3.5", "-3.5"), ("-x", "'-x"), ("two\nlines", "\"two\nlines\""),
    ]) func csvFields(text: String, field: String) {
        #expect(DataTable(header: [text], rows: []).csv == field + "\r\n")
    }

    @Test(arguments: [
        (3.30166, 4, "3.302"), (12_345, 3, "12345"), (0.000421, 2, "0.00042"), (-0.0, 3, "0"), (5, 4, "5"),
        (-61.25, 3, "-61.3"), (.infinity, 3, "∞"), (.nan, 3, "–"),
    ]) func shortNumbers(value: Double, digits: Int, text: String) {
        #expect(NumberText.short(value, digits: digits) == text)
    }

    @Test func longNamesAreCutByTheirWidth() {
        #expect(ParetoChart.shortened("short", 10) == "short")
        #expect(ParetoChart.shortened("a very long name indeed", 10).count <= 10)
        #expect(ParetoChart.shortened("测试测试测试测试", 8).count < 6)
    }

    @Test func withoutTheConverterASentenceSaysWhatToInstall() async {
        let chart = Self.charts("x")[0]
        await #expect(throws: PortableImage.Fault.notInstalled) {
            try await PortableImage.png(of: chart, program: "/nonexistent/rsvg-convert")
        }
        #expect(PortableImage.Fault.notInstalled.description.contains("librsvg2-bin"))
    }

    @Test(.enabled(if: PortableImage.places.contains { FileManager.default.isExecutableFile(atPath: $0) }))
    func withTheConverterThereIsAPNG() async throws {
        let bytes = try await PortableImage.png(of: Self.charts("x")[0])
        #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }
}
