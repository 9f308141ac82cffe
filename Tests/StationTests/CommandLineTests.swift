import Foundation
import Testing

@Suite(.serialized) struct CommandLineTests {
    @Test func anOrderGoesFromInitToProof() throws {
        let station = try StationProgram()
        defer { station.remove() }
        #expect(try station.run("check").status == 0)
        let made = try station.run("init")
        #expect(made.status == 0 && made.out.contains("verifier"))
        let verifier = try #require(made.out.split(separator: "\n").first { $0.contains("verifier") })
            .split(separator: " ").last.map(String.init)

        let run = try station.run(
            "run", "WO-2026-0117", "--units", "3", "--faults", "cold-joint:button#2", "--json")
        #expect(run.status == 1, "\(run.error)")
        let units = run.out.split(separator: "\n").filter { $0.contains("\"event\":\"unit\"") }
        #expect(units.contains { $0.contains("\"outcome\":\"passed\"") })
        #expect(units.contains { $0.contains("\"code\":\"T01\"") })

        let verify = try station.run("audit", "verify", "--trust", try #require(verifier))
        #expect(verify.status == 0 && verify.out.contains("everything holds"), "\(verify.out)\(verify.error)")
        let passed = try #require(units.first { $0.contains("\"outcome\":\"passed\"") })
        let serial = try #require(Self.value(of: "serial", in: String(passed)))
        let show = try station.run("unit", "show", serial)
        #expect(show.status == 0 && show.out.contains("intend"), "\(show.error)")

        let proof = try station.run("audit", "prove", serial)
        #expect(proof.status == 0, "\(proof.error)")
        let file = station.home + "/proof.json"
        try proof.out.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try Self.python(file, try #require(verifier)) == 0)
        let forged = proof.out.replacingOccurrences(
            of: serial, with: serial.replacingOccurrences(of: "ES", with: "XS"))
        try forged.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try Self.python(file, try #require(verifier)) != 0)
    }

    /// Every order that ships can be built to its end, faulty units and retests included.
    @Test func everyOrderOfTheDemoIsBuiltToItsEnd() throws {
        let station = try StationProgram()
        defer { station.remove() }
        try #require(try station.run("init").status == 0)
        let orders = try FileManager.default.contentsOfDirectory(atPath: station.home + "/demo/orders").map {
            String($0.dropLast(5))
        }
        try #require(orders.count >= 8)
        for order in orders.sorted() {
            let run = try station.run("run", order, "--json")
            let end = try #require(
                run.out.split(separator: "\n").last.map(String.init), "\(order): \(run.error)")
            let quantity = try #require(Self.number(of: "quantity", in: end))
            #expect(Self.number(of: "blessed", in: end) == quantity, "\(order): \(end)")
        }
        #expect(try station.run("audit", "verify").status == 0)
    }

    static func number(of key: String, in json: String) -> Int? {
        guard let range = json.range(of: "\"\(key)\":") else { return nil }
        return Int(json[range.upperBound...].prefix { $0.isNumber })
    }

    static func value(of key: String, in json: String) -> String? {
        guard let range = json.range(of: "\"\(key)\":\"") else { return nil }
        return String(json[range.upperBound...].prefix { $0 != "\"" })
    }

    private static func python(_ bundle: String, _ verifier: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", StationProgram.root.appendingPathComponent("docs/verify-proof.py").path, bundle,
            verifier,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test func dryRunChangesNothingAndNamesEverything() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let plan = try station.run("run", "WO-2026-0117", "--dry-run")
        #expect(plan.status == 0)
        for word in [
            "Plan ", "0x000000–0x06FFFF", "assets", "imp.setcountry(0x00005355)", "server.bless(true)",
        ] {
            #expect(plan.out.contains(word), "\(word)")
        }
        #expect(!FileManager.default.fileExists(atPath: station.database))
        #expect(try station.run("run", "WO-2026-0117", "--dry-run").out == plan.out)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let arguments: [String]
        let status: Int32
        let words: [String]

        init(_ name: String, _ arguments: [String], _ status: Int32, _ words: String...) {
            testDescription = name
            self.arguments = arguments
            self.status = status
            self.words = words
        }
    }

    static let bad: [Bad] = [
        Bad("unknown order", ["run", "WO-1"], 64, "no work order WO-1", "WO-2026-0117"),
        Bad("no database", ["run", "WO-2026-0117"], 64, "station init"),
        Bad("unknown country", ["region", "show", "UX"], 64, "UX"),
        Bad("country that is no code", ["region", "show", "USA"], 64, "USA"),
        Bad("unknown SKU", ["sku", "show", "env-sensor-uz"], 64, "env-sensor-uz", "env-sensor-us"),
        Bad("unknown fault", ["run", "WO-2026-0117", "--faults", "flood"], 64, "flood"),
        Bad("fault parameter", ["run", "WO-2026-0117", "--faults", "stuck-pin:Z=7"], 64, "stuck-pin"),
        Bad("negative units", ["run", "WO-2026-0117", "--units", "-4"], 64, "units"),
        Bad("unknown operator", ["run", "WO-2026-0117", "--operator", "nobody"], 64, "nobody", "op-17"),
        Bad("no such folder", ["check", "--folder", "/nonexistent"], 64, "station.yaml"),
        Bad(
            "image without address", ["flash", "plan", "--chip", "none.bin", "x.bin"], 64, "names no address"),
        Bad(
            "image in the reservation", ["flash", "plan", "--chip", "none.bin", "PACKAGE@0x1000"], 64,
            "0x070000"),
        Bad(
            "image past the chip", ["flash", "plan", "--chip", "none.bin", "PACKAGE@0xffff00"], 64,
            "0xffff00", "user's part"),
        Bad(
            "chip too small", ["flash", "plan", "--chip", "none.bin", "--part", "W25X20", "PACKAGE@+0x0"], 2,
            "512"),
        Bad(
            "chip too large", ["flash", "plan", "--chip", "none.bin", "--part", "W25Q256", "PACKAGE@+0x0"], 2,
            "16"),
        Bad(
            "unknown part", ["flash", "plan", "--chip", "none.bin", "--part", "W99", "PACKAGE@+0x0"], 64,
            "W99", "W25Q128"),
        Bad("entry number", ["audit", "show", "x"], 64, "x"),
    ]

    @Test(arguments: bad)
    func badInputGetsOneSentence(bad: Bad) throws {
        let station = try StationProgram()
        defer { station.remove() }
        let package = StationProgram.root.appendingPathComponent("Package.swift").path
        let arguments = bad.arguments.map { $0.replacingOccurrences(of: "PACKAGE", with: package) }
        let outcome = try run(station, arguments)
        #expect(outcome.status == bad.status, "\(outcome.out)\(outcome.error)")
        for word in bad.words {
            #expect((outcome.out + outcome.error).contains(word), "\(word): \(outcome.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: station.database))
    }

    private func run(_ station: StationProgram, _ arguments: [String]) throws -> StationProgram.Outcome {
        switch arguments.count {
        case 2: try station.run(arguments[0], arguments[1])
        case 3: try station.run(arguments[0], arguments[1], arguments[2])
        case 4: try station.run(arguments[0], arguments[1], arguments[2], arguments[3])
        case 5: try station.run(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        case 6:
            try station.run(
                arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5])
        default:
            try station.run(
                arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5],
                arguments[6])
        }
    }

    /// What a broken station folder and a broken record say, after which nothing has been touched.
    @Test func brokenFilesAndRecords() throws {
        let station = try StationProgram()
        defer { station.remove() }
        _ = try station.run("init")
        #expect(try station.run("run", "WO-2026-0124", "--units", "1", "--faults", "").status != 70)

        try station.edit("station.yaml", "ssid: factory-floor", "ssid: 32-characters-are-one-too-many--")
        let ssid = try station.run("check")
        #expect(ssid.status == 64 && ssid.out.contains("station.yaml:"), "\(ssid.out)")
        try station.edit("station.yaml", "ssid: 32-characters-are-one-too-many--", "ssid: factory-floor")

        // The key is another station's.
        try FileManager.default.moveItem(
            atPath: station.home + "/demo/var/station.key", toPath: station.home + "/key")
        let keyless = try station.run("run", "WO-2026-0117")
        #expect(keyless.status == 64 && keyless.error.contains("station.key"), "\(keyless.error)")
        try FileManager.default.moveItem(
            atPath: station.home + "/key", toPath: station.home + "/demo/var/station.key")

        // Somebody edits an entry behind the station's back.
        try station.sql(
            """
            DROP TRIGGER IF EXISTS ledger_entry_is_never_changed;
            SELECT 1;
            """)
        let triggers = try station.run("audit", "verify")
        #expect(triggers.status == 0, "\(triggers.out)")

        // Not a database at all.
        try Data("this is no database, only text that is long enough to look like something".utf8)
            .write(to: URL(fileURLWithPath: station.database))
        let damaged = try station.run("unit", "list")
        #expect([64, 3, 74].contains(damaged.status), "\(damaged.status) \(damaged.error)")
        #expect(damaged.error.contains("station.db"), "\(damaged.error)")
    }

    @Test func helpReadsWellAndFitsTheTerminal() throws {
        let station = try StationProgram()
        defer { station.remove() }
        for command in [["--help"], ["run", "--help"], ["audit", "--help"], ["flash", "--help"]] {
            let help =
                command.count == 1 ? try station.run(command[0]) : try station.run(command[0], command[1])
            #expect(help.status == 0)
            #expect(help.out.contains("USAGE: station"))
            #expect(help.out.split(separator: "\n").allSatisfy { $0.count <= 110 })
        }
    }
}
