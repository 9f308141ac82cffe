import Foundation
import Testing

/// Where a real browser and `station serve` are there; elsewhere they are skipped, and the run says so.
enum BrowserHere {
    static let reason: Comment =
        "The browser tests are skipped: they need Chromium (sh stations/setup/packages.sh browser) and a built `station` (swift build)."
    static var isReady: Bool { Chromium.installed != nil && RunningStation.program != nil }

    /// Where pictures for the documentation go; nil takes none.
    static let pictures = ProcessInfo.processInfo.environment["SCREENSHOTS"]

    static func picture(_ page: Page, _ name: String) async throws {
        guard let pictures else { return }
        try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
        try await page.picture().write(to: URL(fileURLWithPath: "\(pictures)/\(name).png"))
    }
}

@Suite(.serialized, .enabled(if: BrowserHere.isReady, BrowserHere.reason))
struct OperatorBrowserTests {
    /// A station, a browser and what is done with them; both end whatever happens.
    static func withStation(
        faults: String = "", pace: String = "0", golden: [String] = [],
        _ body: (RunningStation, Chromium) async throws -> Void
    ) async throws {
        let station = try await RunningStation(faults: faults, pace: pace, golden: golden)
        defer { station.end() }
        let browser = try Chromium(program: try #require(Chromium.installed))
        defer { browser.quit() }
        try await body(station, browser)
    }

    /// How many pixels of the tiles lie below the kiosk's screen.
    static let overflow =
        "(() => { const m = document.querySelector('main'); return m.scrollHeight - m.clientHeight; })()"

    static func signIn(_ page: Page, _ station: RunningStation, next: String = "/") async throws {
        try await page.open(station.address + "/signin?next=" + next)
        // As people do: the badge by the scanner, whose Enter leads on, the PIN by hand.
        try await page.scan("B-0001")
        for digit in "835201" { try await page.key(String(digit)) }
        try await page.key("Enter")
        try await page.wait("location.pathname === '\(next)' && document.readyState === 'complete'")
    }

    static func phase(_ slot: String, _ phase: String) -> String {
        "document.querySelector('.tile[data-name=\"\(slot)\"]')?.dataset.phase === '\(phase)'"
    }

    static func live(_ page: Page) async throws {
        // The first snapshot has come: the tiles are the script's.
        try await page.wait(
            "document.querySelectorAll('#tiles .tile').length === 4 && document.body.dataset.lost !== 'yes'")
    }

    @Test func fourUnitsAreScannedAndBlessed() async throws {
        try await Self.withStation { station, browser in
            let page = try await Page(browser)
            try await Self.signIn(page, station)
            try await Self.live(page)
            #expect(try await page.text("document.activeElement.tagName") == "BODY")
            for (index, slot) in ["A", "B", "C", "D"].enumerated() {
                try await page.scan("ES010000\(index + 1)")
                try await page.wait(
                    "document.querySelector('#scan-unit .scan-value').textContent === 'ES010000\(index + 1)'")
                try await page.scan("SLOT-\(slot)")
                try await page.wait("!document.getElementById('go').disabled")
                // The last one by the foot switch, the others by a code.
                if slot == "D" { try await page.key("F9") } else { try await page.scan("GO") }
                try await page.wait("document.getElementById('go').disabled")
            }
            for slot in ["A", "B", "C", "D"] { try await page.wait(Self.phase(slot, "passed")) }
            try await page.wait("document.querySelector('.order [data-field=blessed]').textContent === '4'")
            let serials = try await page.text(
                "[...document.querySelectorAll('#tiles .serial')].map(s => s.textContent).sort().join(' ')")
            #expect(serials == "ES0100001 ES0100002 ES0100003 ES0100004")
            #expect(try await page.value(AccessCheck.script) as? [String] == [])
            #expect(page.complaints == [])
            #expect(try await page.number(Self.overflow) <= 1, "a tile is cut off")
            try await BrowserHere.picture(page, "operator-passed")
        }
    }

    @Test func aFailingUnitSaysWhyAndWhatToDo() async throws {
        try await Self.withStation(faults: "cold-joint:button#1") { station, browser in
            let page = try await Page(browser)
            try await Self.signIn(page, station)
            try await Self.live(page)
            for code in ["ES0100001", "SLOT-B", "GO"] { try await page.scan(code) }
            try await page.wait(Self.phase("B", "failed"))
            let tile = try await page.text("document.querySelector('.tile[data-name=B]').innerText")
            #expect(tile.contains("FAIL") && tile.contains("Test failed") && tile.contains("T01"), "\(tile)")
            #expect(
                try await page.text("document.querySelector('.tile[data-name=B] .advice').innerText.trim()")
                    .isEmpty == false)
            #expect(try await page.value(AccessCheck.script) as? [String] == [])
            // A second unit beside it, and one that is just being worked on, for the picture.
            for code in ["ES0100002", "SLOT-A", "GO"] { try await page.scan(code) }
            try await page.wait(Self.phase("A", "passed"))
            #expect(try await page.number(Self.overflow) <= 1, "a tile is cut off")
            try await BrowserHere.picture(page, "operator-failed")
            // Chinese, with the same tiles.
            try await page.open(station.address + "/?lang=zh-Hans")
            try await page.wait(Self.phase("B", "failed"))
            let chinese = try await page.text("document.querySelector('.tile[data-name=B]').innerText")
            #expect(chinese.contains("不合格") && chinese.contains("测试不合格"), "\(chinese)")
            #expect(try await page.value(AccessCheck.script) as? [String] == [])
            try await BrowserHere.picture(page, "operator-chinese")
            // A phone.
            let phone = try await Page(browser, width: 390, height: 844, phone: true)
            try await Self.signIn(phone, station)
            try await phone.wait(Self.phase("B", "failed"))
            #expect(try await phone.value(AccessCheck.script) as? [String] == [])
            try await BrowserHere.picture(phone, "operator-phone")
            // The unit is taken out: one press, by its name.
            try await page.click(".tile[data-name=B] [data-act=clear]")
            try await page.wait("document.querySelector('.tile[data-name=B]').dataset.phase !== 'failed'")
            #expect(page.complaints == [])
        }
    }

    @Test func theServiceIsKilledAndComesBack() async throws {
        try await Self.withStation { station, browser in
            let page = try await Page(browser)
            try await Self.signIn(page, station)
            try await Self.live(page)
            for code in ["ES0100001", "SLOT-A", "GO"] { try await page.scan(code) }
            try await page.wait(Self.phase("A", "passed"))
            station.kill()
            try await page.wait("!document.getElementById('lost').hidden")
            let said = try await page.text("document.getElementById('lost').innerText")
            #expect(said.contains("No connection to the station since"), "\(said)")
            #expect(try await page.value(Self.phase("A", "passed")) as? Bool == true, "what was known stays")
            #expect(try await page.value(AccessCheck.script) as? [String] == [])
            try await BrowserHere.picture(page, "operator-lost")
            try await station.start()
            try await page.wait("document.getElementById('lost').hidden")
            // Nobody touched the page, nobody signed in again: it works on.
            try await page.wait(
                "['empty', 'ready'].includes(document.querySelector('.tile[data-name=B]').dataset.phase)")
            for code in ["ES0100002", "SLOT-B", "GO"] { try await page.scan(code) }
            try await page.wait(Self.phase("B", "passed"))
        }
    }

    @Test func noiseAndWrongOrderAreSaidAndDoNothing() async throws {
        try await Self.withStation { station, browser in
            let page = try await Page(browser)
            try await Self.signIn(page, station)
            try await Self.live(page)
            func said() async throws -> String {
                try await page.text("document.getElementById('said').textContent")
            }
            try await page.scan("SLOT-A")
            #expect(try await said() == "Scan the unit first.")
            try await page.scan("SLOT-Z")
            #expect(try await said() == "This station has no slot Z.")
            try await page.scan("<img src=x>")
            #expect(try await said().contains("is no code that this station knows"))
            // A code that came in pieces must not pass for another unit's.
            try await page.scan("ES0100001", gap: 0.2)
            #expect(try await page.text("document.querySelector('#scan-unit .scan-value').textContent") == "")
            try await page.scan("ES0100001")
            try await page.key("F9")
            #expect(try await said() == "Scan the slot next.")
            // A second unit replaces the first.
            try await page.scan("ES0100002")
            #expect(
                try await page.text("document.querySelector('#scan-unit .scan-value').textContent")
                    == "ES0100002")
            #expect(
                try await page.value(
                    "[...document.querySelectorAll('#tiles .tile')].every(t => t.dataset.phase !== 'working')"
                ) as? Bool == true)
            // Without a scanner: the field takes a number.
            try await page.click("#typed-code")
            _ = try await page.value("document.getElementById('typed-code').focus()")
            for character in "SLOT-C" { try await page.key(String(character)) }
            try await page.key("Enter")
            try await page.wait("document.querySelector('#scan-slot .scan-value').textContent === 'C'")
            #expect(page.complaints == [])
        }
    }

    @Test func aKeyboardIsEnough() async throws {
        try await Self.withStation { station, browser in
            let page = try await Page(browser)
            try await Self.signIn(page, station)
            try await Self.live(page)
            // Tab to the start of slot C; slow, as people are, so that no code comes of it.
            var visited: [String] = []
            for _ in 0..<40 {
                try await page.key("Tab")
                let place = try await page.text(
                    "(document.activeElement.closest('.tile')?.dataset.name ?? '') + ':' + (document.activeElement.dataset.act ?? document.activeElement.id)"
                )
                visited.append(place)
                let outlined = try await page.text("getComputedStyle(document.activeElement).outlineStyle")
                #expect(outlined != "none", "\(place) shows no focus")
                if place == "C:start" { break }
            }
            #expect(visited.last == "C:start", "\(visited)")
            #expect(
                visited.firstIndex(of: "A:start") ?? 99 < visited.firstIndex(of: "B:start") ?? 0, "\(visited)"
            )
            _ = try await page.value("new Promise(r => setTimeout(r, 150))")
            try await page.key("Enter")
            try await page.wait(Self.phase("C", "passed"))
            #expect(page.complaints == [])
        }
    }
}
