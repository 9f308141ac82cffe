import Foundation
import Testing

/// `station squirrel run|check`, as an engineer at a desk uses them.
@Suite(.serialized) struct SquirrelCommandTests {
    /// A folder with these files.
    private static func folder(_ files: [String: String]) throws -> (station: StationProgram, path: String) {
        let station = try StationProgram()
        let path = station.home + "/nut"
        for (name, text) in files {
            let file = path + "/" + name
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        }
        return (station, path)
    }

    @Test func runPrintsAndEndsWell() throws {
        let (station, path) = try Self.folder(["a.nut": "print(6 * 7 + \"\\n\"); error(\"to the log\\n\");"])
        defer { station.remove() }
        let outcome = try station.run("squirrel", "run", path + "/a.nut")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.out == "42\nto the log\n")
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        var source: String
        var status: Int32
        var words: [String]
        var testDescription: String { source }
    }

    @Test(arguments: [
        Failure(
            source: "function f() {\n  return nothing;\n}\nf();", status: 1,
            words: ["the index 'nothing' does not exist", "in f", "a.nut:2"]),
        Failure(source: "local x = ;", status: 64, words: ["a.nut:1: "]),
        Failure(
            source: "#require \"Absent.nut:1.0.0\"", status: 64,
            words: ["a.nut:1: library \"Absent.nut:1.0.0\" was not found"]),
        Failure(source: "while (true);", status: 1, words: ["instruction limit reached"]),
    ])
    func runFailsWithPlaceAndReason(failure: Failure) throws {
        let (station, path) = try Self.folder(["a.nut": failure.source])
        defer { station.remove() }
        let outcome = try station.run("squirrel", "run", path + "/a.nut", "--instructions", "100000")
        #expect(outcome.status == failure.status, "\(outcome.out)\(outcome.error)")
        for word in failure.words { #expect((outcome.out + outcome.error).contains(word), "\(word)") }
    }

    @Test func aFileThatIsNotThereIsSaidSo() throws {
        let (station, path) = try Self.folder([:])
        defer { station.remove() }
        let outcome = try station.run("squirrel", "run", path + "/none.nut")
        #expect(outcome.status == 64)
        #expect(outcome.error.contains("can't be read"))
    }

    @Test func checkNamesEveryErrorAndCountsThem() throws {
        let (station, path) = try Self.folder([
            "good.nut": "@warning \"old\"\nlocal a = 1;", "bad.nut": "local a = 1;\nlocal base = 2;",
            "worse.nut": "@include \"absent.nut\"",
        ])
        defer { station.remove() }
        let good = try station.run("squirrel", "check", path + "/good.nut")
        #expect(good.status == 0)
        #expect(good.error.contains("old"))
        let all = try station.run(
            "squirrel", "check", path + "/good.nut", path + "/bad.nut", path + "/worse.nut")
        #expect(all.status == 64)
        #expect(all.out.contains("bad.nut:2: "))
        #expect(all.out.contains("worse.nut:1: \"absent.nut\" was not found"))
        #expect(all.error.contains("2 files of 3 can't be compiled."))
    }

    @Test func librariesComeFromBesideTheFileFromFoldersAndFromTheProgram() throws {
        let (station, path) = try Self.folder([
            "main.nut":
                "#require \"Near.nut:1.0.0\"\n#require \"Far.nut:2.0.0\"\n#require \"CBOR.lib.nut:1.0.0\"\nprint(near + far + CBOR.VERSION);",
            "Near.nut": "near <- \"n\";", "library/2.0.0/Far.nut": "far <- \"f\";",
        ])
        defer { station.remove() }
        let without = try station.run("squirrel", "run", path + "/main.nut")
        #expect(without.status == 64)
        #expect(without.error.contains("main.nut:2: library \"Far.nut:2.0.0\" was not found"))
        let with = try station.run("squirrel", "run", "-L", path + "/library", path + "/main.nut")
        #expect(with.out == "nf1.0.0", "\(with.error)")
    }

    @Test func theRepositorysFirmwareCompiles() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let folder = StationProgram.root.appendingPathComponent("firmware").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasSuffix(".nut")
        }
        #expect(names.contains("factory.device.nut"))
        let outcome = try station.run(
            ["squirrel", "check", "-L", folder + "/libraries"] + names.map { folder + "/" + $0 })
        #expect(outcome.status == 0, "\(outcome.out)\(outcome.error)")
    }

    /// The text of a page's code block.
    private static func block(_ language: String, of page: String) throws -> String {
        let path = StationProgram.root.appendingPathComponent("docs/\(page)").path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let start = try #require(text.range(of: "```\(language)\n")).upperBound
        let end = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
        return String(text[start..<end])
    }

    @Test func theExampleOfWritingTestsIsOne() throws {
        let (station, _) = try Self.folder([:])
        defer { station.remove() }
        try FileManager.default.createDirectory(
            atPath: station.home + "/demo/firmware", withIntermediateDirectories: true)
        try Self.block("squirrel", of: "writing-tests.md").write(
            toFile: station.home + "/demo/firmware/own.device.nut", atomically: true, encoding: .utf8)
        let step = try Self.block("yaml", of: "writing-tests.md")
        try station.edit(
            "plans/env-sensor.yaml", "  - name: gpio-loopback\n", step + "  - name: gpio-loopback\n")
        try station.edit("line.yaml", "seed: 2025\n", "seed: 2025\nfirmware: firmware/own.device.nut\n")
        try station.run("init")
        let good = try station.run("run", "WO-2026-0117", "--units", "2", "--faults", "", "--json")
        #expect(good.status == 0 || good.out.contains("\"outcome\":\"passed\""), "\(good.error)")
        #expect(!good.out.contains("\"outcome\":\"failed\""))
        let serial = try #require(CommandLineTests.value(of: "serial", in: good.out))
        #expect(try station.run("unit", "show", serial).out.contains("dac-linearity"))
        let bad = try station.run(
            "run", "WO-2026-0118", "--units", "1", "--faults", "stuck-pin:H=1", "--json")
        #expect(!bad.out.contains("\"outcome\":\"passed\""))
    }

    @Test func aLineRunsTheFirmwareThatItIsGiven() throws {
        let (station, path) = try Self.folder([
            "own.nut": "#require \"FactoryLink.lib.nut:1.0.0\"\nthrow \"not today\";"
        ])
        defer { station.remove() }
        try station.run("init")
        let broken = try station.run(
            "run", "WO-2026-0117", "--units", "1", "--firmware", path + "/absent.nut")
        #expect(broken.status == 64)
        let silent = try station.run("run", "WO-2026-0117", "--units", "1", "--firmware", path + "/own.nut")
        #expect(silent.status == 1, "a unit whose firmware never speaks cannot pass")
        let factory = StationProgram.root.appendingPathComponent("firmware/factory.device.nut").path
        let own = try station.run("run", "WO-2026-0117", "--units", "2", "--firmware", factory, "--json")
        #expect(own.out.contains("\"outcome\":\"passed\""), "\(own.error)")
        #expect(own.error.contains("Emulated units run \(factory), SHA-256 with its libraries "))
        // And the record says so, for those who ask in years.
        let ledger = try station.run("audit", "list", "--kind", "note", "--json")
        #expect(
            ledger.out.contains("own.nut") && ledger.out.contains("SHA-256"), "\(ledger.out)\(ledger.error)")
    }
}
