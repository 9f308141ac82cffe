import Foundation
import StationConfig
import StationStore
import Testing

@testable import StationPages

/// Pages from a record that the emulated demo line made.
@Suite struct ReportPageTests {
    static let viewer = Viewer(name: "Maria Santos", role: "engineer", csrfToken: "c5rf")

    static func get(_ path: String, _ query: [String: String] = [:], language: String = "en") async throws
        -> PageAnswer?
    {
        let record = try await DemoRecord.shared.value
        return try await StationPages(sources: record).answer(
            PageRequest(
                path: path.split(separator: "/").map(String.init), query: query, language: language,
                viewer: viewer,
                now: DemoRecord.now))
    }

    static func page(_ path: String, _ query: [String: String] = [:], language: String = "en") async throws
        -> Markup
    {
        Markup(try #require(try await get(path, query, language: language)).text)
    }

    static let all: [(path: String, query: [String: String])] = [
        ("/", [:]), ("/signin", [:]), ("/setup", [:]), ("/line", [:]),
        ("/line", ["slot": "2", "newest": "100"]),
        ("/pareto", [:]),
        ("/pareto", ["by": "measurement"]), ("/pareto", ["by": "firmware"]), ("/pareto", ["by": "impOS"]),
        ("/pareto", ["by": "slot"]), ("/pareto", ["by": "sku"]), ("/pareto", ["by": "code"]),
        ("/measurements", [:]),
        ("/measurements/one", ["step": "rail", "name": "rail_3v3"]),
        ("/measurements/one", ["step": "rail", "name": "nothing"]), ("/units", [:]),
        ("/units", ["filter": "outcome = failed"]), ("/units", ["filter": "nonsense ="]),
        ("/units", ["find": "<b>"]),
        ("/units/compare", [:]), ("/units/compare", ["a": "ES0100001", "b": "ES0100002"]),
        ("/units/compare", ["a": "ES0100001", "b": "none"]), ("/units/ES0100001", [:]), ("/skus", [:]),
        ("/skus/compare", ["a": "env-sensor-us", "b": "env-sensor-eu"]),
        ("/skus/compare", ["a": "x", "b": "y"]),
        ("/gauge", [:]), ("/golden", [:]),
    ]

    @Test(arguments: all, ["en", "zh-Hans"])
    func everyPageIsSoundAndNamesNoKeys(_ place: (path: String, query: [String: String]), language: String)
        async throws
    {
        let answer = try #require(try await Self.get(place.path, place.query, language: language))
        #expect(answer.status == 200)
        let name = "\(place.path) \(place.query) \(language)"
        PageRules.check(answer, name)
        // A key that nobody wrote a text for would be shown as it is, with its underscore.
        let page = Markup(answer.text)
        for element in page.elements
        where ["h1", "h2", "th", "dt", "label", "button", "figcaption", "summary"].contains(element.name) {
            #expect(
                Language.english.texts[element.text] == nil || !element.text.contains("_"),
                "\(name): \(element.text)")
        }
        if language != "en", place.path != "/" {
            #expect(
                page.text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) },
                "\(name): no Chinese")
        }
    }

    @Test func theLineSaysYieldsAsTheRecordDoes() async throws {
        let record = try await DemoRecord.shared.value
        let yield = try await record.reader.yield()
        #expect(yield.units == 16 && yield.firstPass == 13 && yield.passedLater == 1, "\(yield)")
        let page = try await Self.page("/line")
        #expect(page.text.contains("81.3 %") && page.text.contains("87.5 %"))
        // Wilson's interval of 13 of 16, by SciPy: 0.5699 to 0.9341.
        #expect(page.text.contains("57.0 % … 93.4 %"))
        #expect(page.all("svg").count { $0.attributes["role"] == "img" } == 3)
    }

    @Test func theParetoLeadsToTheUnits() async throws {
        let page = try await Self.page("/pareto")
        let row = try #require(
            page.all("a").first { $0.attributes["href"]?.hasPrefix("/units?filter=") == true })
        let address = try #require(row.attributes["href"])
        let filter = try #require(address.split(separator: "=", maxSplits: 1).last?.removingPercentEncoding)
        let units = try await Self.page("/units", ["filter": filter])
        #expect(units.text.contains(row.text) || units.text.contains("failed"))
        #expect(units.all("a").contains { $0.attributes["href"]?.hasPrefix("/units/") == true })
    }

    /// Each way of telling failures apart leads to the runs behind a row, and to no others.
    @Test(arguments: ["step", "code", "slot", "sku", "firmware", "impOS"])
    func eachCauseLeadsToItsRuns(key: String) async throws {
        let page = try await Self.page("/pareto", ["by": key])
        let links = page.all("a").compactMap { $0.attributes["href"] }.filter {
            $0.hasPrefix("/units?")
        }
        #expect(!links.isEmpty, "\(page.text)")
        let parts = try #require(URLComponents(string: links[0])?.queryItems)
        let query = Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0.value ?? "") })
        let units = try await Self.page("/units", query)
        let found = units.all("a").count { $0.attributes["href"]?.hasPrefix("/units/3") == true }
        #expect(found > 0 && found < 16, "\(query): \(units.text)")
        #expect(!units.text.contains("passed"))
        if key == "firmware" {
            let other = try await Self.page(
                "/units", ["filter": "outcome = failed", "firmware": "x\" or 1=1 --"])
            #expect(!other.all("a").contains { $0.attributes["href"]?.hasPrefix("/units/3") == true })
        }
    }

    @Test func firmwareOfTheUnitsIsKnown() async throws {
        let record = try await DemoRecord.shared.value
        let causes = try await record.reader.failures(by: .firmware, RunFilter())
        #expect(causes.count == 1 && causes.first?.cause != "?", "\(causes)")
    }

    @Test func aMeasurementHasItsStatistics() async throws {
        let record = try await DemoRecord.shared.value
        let numbers = try await record.reader.numbers(step: "rail", measurement: "rail_3v3", RunFilter())
        #expect(numbers.count > 15)
        let mean = numbers.reduce(0) { $0 + $1.value } / Double(numbers.count)
        let listed = try await record.reader.measurands(RunFilter()).first { $0.name == "rail_3v3" }
        #expect(abs((listed?.mean ?? 0) - mean) < 1e-9)
        #expect(listed?.low == 3.2 && listed?.high == 3.4 && listed?.unit == "V")
        let page = try await Self.page("/measurements/one", ["step": "rail", "name": "rail_3v3"])
        #expect(page.text.contains("Cpk") && page.text.contains("Slot by slot"))
    }

    @Test(arguments: ["svg", "csv", "png"]) func chartsComeAsFiles(kind: String) async throws {
        let answer = try #require(
            try await Self.get(
                "/measurements/one", ["step": "rail", "name": "rail_3v3", "chart": "histogram", "as": kind]))
        switch kind {
        case "svg": #expect(answer.contentType == "image/svg+xml" && answer.text.hasPrefix("<svg"))
        case "csv": #expect(answer.text.hasPrefix("From,To,Count\r\n"))
        default: #expect(answer.contentType == "image/png" || answer.text.contains("librsvg2-bin"))
        }
        let none = try #require(try await Self.get("/pareto", ["chart": "nothing"]))
        #expect(none.status == 404)
    }

    @Test func aUnitsPageTellsItsWholeLife() async throws {
        let record = try await DemoRecord.shared.value
        let unit = try #require(record.units.first { $0.outcome == .passed && $0.attempt == 2 })
        let serial = try #require(unit.serial)
        let report = try #require(try await record.reader.unit(serial))
        let page = try await Self.page("/units/\(serial)")
        for text in [serial, report.device.device, "Intends", "Result of", "00005355", "1-11", "read back"] {
            #expect(page.text.contains(text), "\(text)")
        }
        for image in report.images { #expect(page.text.contains(image.digest)) }
        // Every entry about it is on the page.
        let shown = Set(
            page.all("span").filter { $0.attributes["class"] == "seq" }.compactMap { Int64($0.text) })
        let finished = Set(
            try await record.reader.entries(EntryFilter(kinds: ["run.finished"], unit: serial)).map(
                \.sequence))
        #expect(Set(report.entries).subtracting(finished).subtracting(shown).sorted() == [])
    }

    @Test func searchingForOneUnitLeadsToIt() async throws {
        let answer = try #require(try await Self.get("/units", ["find": " ES0100001 "]))
        #expect(answer.status == 303)
        #expect(
            answer.location?.hasPrefix("/units/30000c2a69") == true
                || answer.location?.hasPrefix("/units/") == true)
    }

    @Test func whatIsNotThereIsNoPage() async throws {
        for path in [
            "/nothing", "/units/unknown", "/units/a/b/c", "/line/more", "/measurements/two",
            "/units/x/proof.json",
        ] {
            #expect(try await Self.get(path) == nil, "\(path)")
        }
        let record = try await DemoRecord.shared.value
        let pages = StationPages(sources: record)
        for status in [400, 403, 404, 500, 503, 418] {
            let answer = await pages.problem(
                status, code: "SRV-404", detail: "<i>",
                for: PageRequest(path: ["x"], viewer: Self.viewer, now: 0))
            #expect(answer.status == status)
            PageRules.check(answer, "problem \(status)")
            #expect(Markup(answer.text).text.contains("SRV-404"))
        }
    }

    @Test func theProofOfAUnitVerifies() async throws {
        let record = try await DemoRecord.shared.value
        _ = try await record.store.signCheckpoint()
        let answer = try #require(try await Self.get("/units/ES0100001/proof.json"))
        #expect(answer.contentType == "application/json")
        #expect(answer.fileName == "proof-ES0100001.json")
    }

    @Test(arguments: [
        ("/units", "/units"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/"),
        ("", "/"),
        ("/line?slot=2", "/line?slot=2"),
    ]) func signingInLeadsNowhereElse(next: String, place: String) async throws {
        let page = try await Self.page("/signin", next.isEmpty ? [:] : ["next": next])
        #expect(page.all("form").first?.attributes["data-next"] == place)
    }

    @Test func hostileQuestionsStayText() async throws {
        let hostile = "\"><script>alert(1)</script>' or 1=1 --"
        for (path, names) in [
            ("/units", ["find"]), ("/units", ["filter"]), ("/units/compare", ["a", "b"]),
            ("/pareto", ["order"]), ("/line", ["sku", "slot", "newest"]),
            ("/measurements/one", ["step", "name"]),
            ("/skus/compare", ["a", "b"]),
            ("/gauge", ["parts", "measurement", "appraisers", "from", "trials"]),
        ] {
            let query = Dictionary(uniqueKeysWithValues: names.map { ($0, hostile) })
            let answer = try #require(try await Self.get(path, query), "\(path)")
            #expect(!answer.text.contains("<script>alert"), "\(path)")
            PageRules.check(answer, "\(path) hostile")
        }
    }

    @Test func skusAndMarketsAreThere() async throws {
        let page = try await Self.page("/skus")
        for text in ["env-sensor-us", "US", "JP", "1-11", "current"] {
            #expect(page.text.contains(text), "\(text)")
        }
        let difference = try await Self.page("/skus/compare", ["a": "env-sensor-us", "b": "env-sensor-eu"])
        #expect(difference.text.contains("region") && difference.text.contains("channels"))
    }
}
