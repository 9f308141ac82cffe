import ContentAddress
import Foundation
import Testing

@testable import Imp003

@Suite struct RegulatoryTableTests {
    @Test func shippedTableSaysWhereItIsFrom() throws {
        let table = try RegulatoryTable.shipped()
        #expect(table.dated == "2026.05.30")
        #expect(table.package == "wireless-regdb 2026.05.30-1~deb12u1")
        #expect(table.sha256.hex == "2fb33ca0074db573e05ef7dd50bb45b63c0ff98b7e852e1105ebad536fae8e6b")
        #expect(table.countries.count == 182)
        #expect(try RegulatoryDatabase.shipped().source == .shipped(dated: "2026.05.30"))
    }

    @Test func textReadsBackAsTheSameTable() throws {
        let table = try RegulatoryTable.shipped()
        #expect(try RegulatoryTable(parsing: table.text) == table)
        #expect(table.text.split(separator: "\n").allSatisfy { $0.utf8.count <= 120 })
    }

    /// The table is the file's facts, no more and no fewer: compared with the very file it was made from.
    @Test(.enabled(if: InstalledDatabase.isPresent, Comment(rawValue: InstalledDatabase.absence)))
    func tableAgreesWithTheInstalledFile() throws {
        let bytes = try #require(InstalledDatabase.bytes)
        let table = try RegulatoryTable.shipped()
        let installed = try RegulatoryDatabase(binary: bytes)
        guard SHA256Digest(of: bytes) == table.sha256 else {
            // Another release is installed: its facts may differ, but a region that the table derives must not
            // allow more than the newer file does without somebody hearing of it.
            let shipped = RegulatoryDatabase(table: table)
            for country in installed.countries.map(\.country) where shipped.contains(country) {
                let before = try shipped.derivedRegion(for: [country])
                let now = try installed.derivedRegion(for: [country])
                #expect(before == now, "\(country): make the shipped table again from the installed release")
            }
            return
        }
        #expect(installed.countries.map(RegulatoryTable.kept) == table.countries)
        let made = try #require(RegulatoryTable(of: installed, dated: table.dated, package: table.package))
        #expect(made == table)
        #expect(made.text == table.text)
    }

    /// Makes the shipped table again:
    /// `REGULATORY_TABLE_OUT=Sources/Imp003/Resources/regulatory24.txt REGULATORY_TABLE_VERSION=2026.05.30-1~deb12u1
    /// swift test --filter writeTable`
    @Test(.enabled(if: ProcessInfo.processInfo.environment["REGULATORY_TABLE_OUT"] != nil, "only on request"))
    func writeTable() throws {
        let environment = ProcessInfo.processInfo.environment
        let path = try #require(environment["REGULATORY_TABLE_OUT"])
        let version = try #require(
            environment["REGULATORY_TABLE_VERSION"], "the package's version is needed too")
        let database = try RegulatoryDatabase(binary: #require(InstalledDatabase.bytes))
        let dated = version.split(separator: "-").first.map(String.init) ?? version
        let table = try #require(
            RegulatoryTable(of: database, dated: dated, package: "wireless-regdb \(version)"))
        try table.text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func noTableIsMadeFromATable() throws {
        #expect(RegulatoryTable(of: try .shipped(), dated: "2026.05.30", package: "none") == nil)
    }

    static let head = "dated 1\npackage p\nsha256 \(String(repeating: "ab", count: 32))\n"

    static let damaged: [(text: String, error: RegulatoryTableError)] = [
        ("", RegulatoryTableError.incompleteHead),
        ("dated 1\npackage p\nsha256 12\n", .incompleteHead),
        (head, .noCountries),
        (head + "dated 2\n", .malformed(line: 4, expected: "a name and a value, each name once")),
        (head + "loose\n", .malformed(line: 4, expected: "a name and a value, each name once")),
        (head + "  US\n", .malformed(line: 4, expected: "a line of rules before countries")),
        (head + "MARS 1-2@1=1:\n", .malformed(line: 4, expected: "FCC, ETSI, JP or - before the rules")),
        (head + "FCC :\n  US U1\n", .malformed(line: 5, expected: "country codes, each once in the table")),
        (
            head + "FCC :\n  US DE US\n",
            .malformed(line: 5, expected: "country codes, each once in the table")
        ),
    ]

    @Test(arguments: damaged)
    func damagedTablesAreRefused(text: String, expected: RegulatoryTableError) {
        #expect(throws: expected) { try RegulatoryTable(parsing: text) }
    }

    @Test(arguments: [
        "2402000-2482000@40000", "2402000-2482000@40000=", "2482000-2402000@40000=2000", "0-1@1=1", "1-2@3=4",
        "2402000-2482000@40000=2000+NO-FUN", "2402000-2482000@40000=99999", "x-y@z=w", "+", "=", "1-2@1=1=1",
    ])
    func damagedRulesAreRefused(rule: String) {
        #expect(throws: RegulatoryTableError.self) {
            try RegulatoryTable(parsing: Self.head + "FCC \(rule):\n  US\n")
        }
    }
}
