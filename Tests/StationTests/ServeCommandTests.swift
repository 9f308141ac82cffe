import Foundation
import Testing

/// `station serve`, and the other commands beside it.
struct ServeCommandTests {
    @Test func commandsWorkBesideTheServiceAndItStopsInOrder() throws {
        let station = try StationProgram()
        defer { station.remove() }
        #expect(try station.run("init").status == 0)
        let service = try station.start(
            "serve", "--listen", "127.0.0.1:0", "--pace", "0", "--units", "5", "--faults", "")
        let first = try #require(service.line())
        #expect(first.hasPrefix("Station demo-line-1: open http://127.0.0.1:"))
        #expect(service.line()?.contains("Set-up code") == true)
        let second = try station.run("serve", "--listen", "127.0.0.1:0")
        #expect(second.status == 2)
        #expect(second.error.contains("in use by another station process"))
        let run = try station.run("run", "WO-2026-0119", "--json")
        #expect(run.status == 0, "\(run.error)")
        #expect(run.out.contains("\"blessed\":4"))
        #expect(run.out.split(separator: "\n").count { $0.contains("\"event\":\"unit\"") } == 4)
        let full = try station.run("run", "WO-2026-0119")
        #expect(full.status == 2)
        let wishes = try station.run("run", "WO-2026-0120", "--units", "3")
        #expect(wishes.status == 2)
        #expect(wishes.error.contains("A service owns the slots"))
        #expect(try station.run("order", "list").out.contains("WO-2026-0119"))
        let resolve = try station.run(
            "unit", "resolve", "30000c2a69000001", "--blessed", "--by", "me", "--reason", "seen")
        #expect(resolve.status == 2)
        service.signal(SIGTERM)
        let end = service.end()
        #expect(end.status == 0, "\(end.error)")
        #expect(try station.run("audit", "verify").status == 0)
        // Without the service the same commands work on the record themselves.
        #expect(try station.run("run", "WO-2026-0120", "--faults", "", "--units", "3").status == 0)
    }

    @Test func untilDoneEndsWithTheOrder() throws {
        let station = try StationProgram()
        defer { station.remove() }
        #expect(try station.run("init").status == 0)
        let outcome = try station.run(
            "serve", "--listen", "127.0.0.1:0", "--pace", "0", "--order", "WO-2026-0120", "--mode",
            "automatic",
            "--until-done", "--faults", "", "--units", "3")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.out.contains("WO-2026-0120: 3 of 3 blessed."))
    }

    @Test(arguments: [
        (["--listen", "0.0.0.0:8720"], Int32(2), "--insecure-beyond-loopback"),
        (["--listen", "nowhere"], 64, "--listen"),
        (["--tls-key", "k"], 64, "go together"), (["--mode", "fast"], 64, "scan or automatic"),
        (["--until-done"], 64, "needs an --order"), (["--order", "none"], 64, "no work order none"),
        (["--tls-key", "none", "--tls-certificate", "none"], 2, "can't be read"),
    ])
    func wrongWishesAreRefused(arguments: [String], status: Int32, word: String) throws {
        let station = try StationProgram()
        defer { station.remove() }
        _ = try station.run("init")
        let outcome = try station.run(["serve"] + arguments)
        #expect(outcome.status == status, "\(outcome.error)")
        #expect(outcome.error.contains(word), "\(outcome.error)")
    }
}
