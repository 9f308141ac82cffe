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

    /// The disk fills under the service: it says so, goes on living, and goes on working when there is room again.
    @Test func aFullDiskIsSurvived() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let seen = try station.inOwnMounts(
            """
            set -u
            mount -t tmpfs -o size=24m tmpfs "$2/mount" || exit 99
            db="$2/mount/station.db"; demo="$2/demo"
            "$1" init --folder "$demo" --database "$db" >/dev/null || exit 98
            mkdir "$2/shelf" "$2/labels"; ln -s "$2/shelf" "$2/mount/shelf"; ln -s "$2/labels" "$2/mount/labels"
            "$1" serve --folder "$demo" --database "$db" --listen 127.0.0.1:0 --pace 0 --units 4 --faults '' \
                > "$2/served" 2>&1 &
            service=$!
            until grep -q 'It stays' "$2/served"; do kill -0 $service || exit 97; sleep 0.1; done
            cat /dev/zero > "$2/mount/filler" 2>/dev/null
            "$1" run WO-2026-0119 --folder "$demo" --database "$db" --json > "$2/full" 2>&1
            echo "full $?"
            kill -0 $service && echo alive
            rm "$2/mount/filler"
            "$1" run WO-2026-0119 --folder "$demo" --database "$db" --json > "$2/again" 2>&1
            echo "again $?"
            kill -TERM $service; wait $service
            echo "ended $?"
            "$1" audit verify --folder "$demo" --database "$db"
            echo "verify $?"
            cat "$2/full" "$2/again" "$2/served"
            """)
        guard let seen else { return print("skipped: this system allows no mount namespaces") }
        for word in ["full 74", "alive", "again 0", "ended 0", "verify 0", "\"blessed\":4"] {
            #expect(seen.out.contains(word), "\(word): \(seen.out)")
        }
        #expect(seen.out.contains("no room left on the disk"), "\(seen.out)")
    }
}
