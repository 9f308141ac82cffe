import Foundation
import Testing

/// What goes wrong around the program while it runs, seen from outside.
@Suite(.serialized) struct TroubleTests {
    private func field(_ key: String, _ line: String) -> String? { CommandLineTests.value(of: key, in: line) }

    @Test func controlCOnceFinishesWhatIsInWork() throws {
        let station = try StationProgram()
        defer { station.remove() }
        try #require(try station.run("init").status == 0)
        let run = try station.start("run", "WO-2026-0117", "--json", "--faults", "", "--pace", "40")
        try #require(run.line()?.contains("\"start\"") == true)
        run.signal(SIGINT)
        let end = run.end()
        #expect(end.status == 130, "\(end.error)")
        #expect(end.error.contains("Finishing the units in work"))
        let units = end.lines.filter { $0.contains("\"unit\"") }
        #expect((1...8).contains(units.count), "\(units.count) of 24 units")
        #expect(units.allSatisfy { field("outcome", $0) == "passed" }, "\(units)")
        #expect(try station.run("audit", "verify").status == 0)
    }

    @Test func controlCTwiceStopsSafelyAndTheNextRunGoesOn() throws {
        let station = try StationProgram()
        defer { station.remove() }
        try #require(try station.run("init").status == 0)
        let run = try station.start("run", "WO-2026-0117", "--json", "--faults", "", "--pace", "1")
        try #require(run.line()?.contains("\"start\"") == true)
        run.signal(SIGINT)
        run.signal(SIGTERM)
        let end = run.end()
        #expect(end.status == 130, "\(end.error)")
        #expect(end.error.contains("Stopping safely now"))
        let units = end.lines.filter { $0.contains("\"unit\"") }
        #expect(!units.isEmpty && units.allSatisfy { field("outcome", $0) == "aborted" }, "\(units)")
        #expect(units.allSatisfy { field("code", $0) == "X04" })

        let next = try station.run("run", "WO-2026-0117", "--json", "--faults", "", "--units", "6")
        #expect(next.out.contains("\"blessed\":6"), "\(next.out)\(next.error)")
        #expect(try station.run("audit", "verify").status == 0)
    }

    /// Whatever is written to a full disk: the exit code says that it is not all there, and the record is not touched.
    @Test func outputToAFullDiskIsTold() throws {
        let station = try StationProgram()
        defer { station.remove() }
        try #require(try station.run("init").status == 0)
        let run = try station.run(
            ["run", "WO-2026-0117", "--units", "1", "--faults", "", "--json"], output: "/dev/full")
        #expect(run.status == 74 && run.error.contains("No space left"), "\(run)")
        for command in [
            "audit export", "audit query runs", "audit query runs --format csv",
            "audit query steps --format jsonl",
            "audit query runs --format openhtf", "audit query runs --format junit",
            "audit ask life ES0100001",
            "audit prove ES0100001", "unit list", "unit show ES0100001", "sku matrix", "audit verify --json",
        ] {
            let full = try station.run(command.split(separator: " ").map(String.init), output: "/dev/full")
            #expect(full.status == 74, "\(command): \(full.status)")
            #expect(
                full.error.hasSuffix(
                    "Standard output can't be written: No space left on device. What is there is not all of it.\n"
                ),
                "\(command): \(full.error)")
        }
        // The unit was finished although nobody could see it.
        #expect(try station.run("audit", "verify").status == 0)
        #expect(try station.run("unit", "show", "ES0100001").status == 0)
    }

    @Test func tamperingNamesTheEntry() throws {
        let station = try StationProgram()
        defer { station.remove() }
        try #require(try station.run("init").status == 0)
        try #require(
            try station.run("run", "WO-2026-0117", "--units", "1", "--faults", "").out.contains("1 passed"))
        #expect(try station.run("audit", "verify").status == 0)
        try station.sql(
            """
            DROP TRIGGER ledger_entry_never_changes;
            UPDATE ledger_entry
            SET entry = CAST(replace(CAST(entry AS TEXT), '"at":1', '"at":2') AS BLOB) WHERE seq = 9;
            """)
        let verify = try station.run("audit", "verify")
        #expect(
            verify.status == 3 && verify.out.contains("entry 9 was changed"), "\(verify.out)\(verify.error)")
    }

    @Test func quarantineIsResolvedByNameAndReason() throws {
        let station = try StationProgram()
        defer { station.remove() }
        try #require(try station.run("init").status == 0)
        let run = try station.run(
            "run", "WO-2026-0117", "--json", "--units", "2", "--faults", "cloud-silent#1,cloud-loses-answer#2"
        )
        let held = run.out.split(separator: "\n").map(String.init).filter {
            field("outcome", $0) == "quarantined"
        }
        let devices = held.compactMap { field("device", $0) }
        try #require(devices.count == 2, "\(run.out)\(run.error)")

        let unsaid = try station.run(
            "unit", "resolve", devices[0], "--by", "qa-2", "--reason", "looked it up")
        #expect(unsaid.status == 64 && unsaid.error.contains("--blessed or --not-blessed"))
        for (device, finding) in zip(devices, ["--not-blessed", "--blessed"]) {
            let resolved = try station.run(
                "unit", "resolve", device, finding, "--by", "qa-2", "--reason", "looked it up in impCentral")
            #expect(resolved.status == 0 && resolved.out.contains("out of quarantine"), "\(resolved.error)")
            let again = try station.run(
                "unit", "resolve", device, finding, "--by", "qa-2", "--reason", "once more")
            #expect(again.status == 2, "\(again.out)\(again.error)")
        }
        let page = try station.run("unit", "show", devices[1])
        #expect(page.out.contains("looked it up in impCentral"), "\(page.out)")
        let unknown = try station.run(
            "unit", "resolve", "3000000000000000", "--blessed", "--by", "qa-2", "--reason", "x")
        #expect(unknown.status != 0 && unknown.error.contains("3000000000000000"), "\(unknown.error)")
        #expect(try station.run("audit", "verify").status == 0)
    }

    /// The disk fills while units are in work: the line stops with a sentence, and what was acknowledged is there.
    @Test func aFullDiskStopsTheLineAndLosesNothing() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let seen = try station.inOwnMounts(
            """
            set -u
            mount -t tmpfs -o size=5m tmpfs "$2/mount" || exit 99
            db="$2/mount/station.db"; demo="$2/demo"
            "$1" init --folder "$demo" --database "$db" >/dev/null || exit 98
            # The emulated units and the labels have room of their own.
            mkdir "$2/shelf" "$2/labels"; ln -s "$2/shelf" "$2/mount/shelf"; ln -s "$2/labels" "$2/mount/labels"
            "$1" run WO-2026-0117 --folder "$demo" --database "$db" --json --faults '' > "$2/acknowledged"
            echo "status $?"
            mount -o remount,size=64m "$2/mount"
            "$1" audit verify --folder "$demo" --database "$db"
            echo "verify $?"
            "$1" unit list --folder "$demo" --database "$db" --limit 1000 --json > "$2/recorded"
            """)
        guard let seen else { return print("skipped: this system allows no mount namespaces") }
        #expect(seen.out.contains("status 74"), "\(seen.out)")
        #expect(seen.out.contains("no room left"), "\(seen.out)")
        #expect(seen.out.contains("verify 0"), "\(seen.out)")
        let recorded = try String(contentsOfFile: station.home + "/recorded", encoding: .utf8)
        let acknowledged = try String(contentsOfFile: station.home + "/acknowledged", encoding: .utf8)
        let passed = acknowledged.split(separator: "\n").map(String.init).filter {
            $0.contains("\"unit\"") && field("outcome", $0) == "passed"
        }
        #expect(!passed.isEmpty, "the disk was full before a unit had passed: \(seen.out)")
        for unit in passed {
            let device = try #require(field("device", unit))
            #expect(recorded.contains(device))
        }
    }

    @Test func aReadOnlyDatabaseIsRefusedWithASentence() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let seen = try station.inOwnMounts(
            """
            set -u
            mount -t tmpfs -o size=16m tmpfs "$2/mount" || exit 99
            db="$2/mount/station.db"; demo="$2/demo"
            "$1" init --folder "$demo" --database "$db" >/dev/null || exit 98
            mount -o remount,ro "$2/mount"
            "$1" run WO-2026-0117 --folder "$demo" --database "$db" --faults ''
            echo "status $?"
            """)
        guard let seen else { return print("skipped: this system allows no mount namespaces") }
        #expect(seen.out.contains("status 74"), "\(seen.out)")
        #expect(seen.out.contains("station.db can't be written"), "\(seen.out)")
    }

    @Test func faultsAndChipsOfLineYAMLAreCheckedWithTheFolder() throws {
        let station = try StationProgram()
        defer { station.remove() }
        try station.edit("line.yaml", "W25Q16", "W25Q17")
        let chip = try station.run("check")
        #expect(
            chip.status == 64 && chip.out.contains("CFG092") && chip.out.contains("W25Q17"), "\(chip.out)")
        try station.edit("line.yaml", "W25Q17", "W25Q16")
        try station.edit("line.yaml", "cold-joint:", "warm-joint:")
        let fault = try station.run("check")
        #expect(
            fault.status == 64 && fault.out.contains("CFG091") && fault.out.contains("warm-joint"),
            "\(fault.out)")
        #expect(fault.out.contains("line.yaml:"))
    }
}
