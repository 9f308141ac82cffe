import Foundation
import Testing

/// `station emulate trace|breaks` and `station conformance`, as an engineer at a desk uses them.
@Suite(.serialized) struct TraceCommandTests {
    private static func program(_ source: String) throws -> (station: StationProgram, file: String) {
        let station = try StationProgram()
        let file = station.home + "/traced.nut"
        try source.write(toFile: file, atomically: true, encoding: .utf8)
        return (station, file)
    }

    private static let hello = """
        local port = hardware.uartFG;
        port.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS | NO_RX);
        imp.sleep(0.001);
        port.write("Hi");
        server.log("sent");
        """

    @Test func aTraceIsATableAndADump() throws {
        let (station, file) = try Self.program(Self.hello)
        defer { station.remove() }
        let dump = station.home + "/out.vcd"
        let outcome = try station.run(
            "emulate", "trace", file, "--seconds", "0.01", "--pins", "F", "--vcd", dump, "--log")
        #expect(outcome.status == 0, "\(outcome.error)")
        let lines = outcome.out.split(separator: "\n")
        #expect(lines.contains("sent"))
        #expect(lines.contains { $0.hasPrefix("F ") && $0.contains("104 us") })
        #expect(lines.filter { $0.count > 80 } == [])
        let text = try String(contentsOfFile: dump, encoding: .utf8)
        #expect(text.contains("$var wire 1 ! pinF $end"))
        #expect(text.hasSuffix("#10000000\n"))
    }

    @Test(arguments: [
        (["--pins", "I"], "there is no pin 'I'"), (["--seconds", "0"], "more than 0"),
        (["--break", "R99"], "There is no row 'R99'"), (["--break", "R42"], "can't be broken"),
    ])
    func impossibleWishesAreBadInput(options: [String], words: String) throws {
        let (station, file) = try Self.program(Self.hello)
        defer { station.remove() }
        let outcome = try station.run(["emulate", "trace", file] + options)
        #expect(outcome.status == 64, "\(outcome.out)")
        #expect(outcome.error.contains(words), "\(outcome.error)")
    }

    @Test func conformanceHoldsAndFallsWhenBroken() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let whole = try station.run("conformance", "--only", "R8,R24")
        #expect(whole.status == 0, "\(whole.error)\(whole.out)")
        #expect(whole.out.contains("All 2 measured rows hold."))
        let broken = try station.run(
            "conformance", "--only", "R8,R24", "--break", "r24", "--json")
        #expect(broken.status == 1)
        struct Document: Decodable {
            struct Row: Decodable {
                var row: String
                var passed: Bool
            }
            var rows: [Row]
            var passed: Bool
        }
        let document = try JSONDecoder().decode(Document.self, from: Data(broken.out.utf8))
        #expect(!document.passed)
        #expect(document.rows.map(\.row) == ["R8", "R24"])
        #expect(document.rows.map(\.passed) == [true, false])
    }

    @Test func breaksAreListed() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let outcome = try station.run("emulate", "breaks")
        #expect(outcome.status == 0)
        #expect(
            outcome.out.split(separator: "\n").count {
                $0.hasPrefix("R") || $0.hasPrefix("N") || $0.hasPrefix("K")
            } >= 53)
    }
}
