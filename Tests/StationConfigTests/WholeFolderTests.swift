import Foundation
import Imp003
import Testing
import TimeAndChance

@testable import StationConfig

/// All errors at once, in the order of files and lines; and no text that makes the loader fall over.
@Suite struct WholeFolderTests {
    @Test func everythingIsReportedAtOnceAndSorted() throws {
        let copy = try FolderCopy()
        try copy.apply(.replace("station.yaml", "kind: emulated", "kind: emulatd"))
        try copy.apply(.replace("station.yaml", "maximum-scans: 2", "maximum-scans: 9"))
        try copy.apply(.replace("plans/env-sensor.yaml", "low: 3.20, high: 3.40", "low: 3.40, high: 3.20"))
        try copy.apply(.replace("plans/door-counter.yaml", "steps:", "stepps:"))
        try copy.apply(.append("orders/WO-2026-0118.yaml", "quantity: 7\nquantity: 8\ncolour: red\n"))
        try copy.apply(.replace("orders/WO-2026-0119.yaml", "op-23", "op-99"))
        try copy.apply(.replace("skus/env-sensor-eu.yaml", "[AT, BE", "[AT, XQ"))
        try copy.apply(.write("skus/broken.yaml", "sku: [\n"))
        let (folder, problems) = copy.load()
        #expect(folder == nil)
        let places = problems.map { "\($0.file):\($0.line) \($0.code.rawValue)" }
        #expect(
            places == [
                "orders/WO-2026-0118.yaml:7 CFG007", "orders/WO-2026-0118.yaml:8 CFG007",
                "orders/WO-2026-0118.yaml:9 CFG010", "orders/WO-2026-0119.yaml:5 CFG087",
                "plans/door-counter.yaml:4 CFG010", "plans/env-sensor.yaml:17 CFG071",
                "skus/broken.yaml:2 CFG006", "skus/env-sensor-eu.yaml:5 CFG043",
                "station.yaml:18 CFG014", "station.yaml:24 CFG013",
            ], "\(problems.map(\.description).joined(separator: "\n"))")
        #expect(problems == problems.sorted())
    }

    @Test func aMessageSaysWhereWhatAndWhatToDo() throws {
        let copy = try FolderCopy()
        try copy.apply(
            .replace("skus/env-sensor-base.yaml", "user-address: 0x10000", "user-address: 0x40000"))
        #expect(
            copy.load().problems.map(\.description) == [
                """
                skus/env-sensor-base.yaml:18:21: error CFG061: flash.images[1].user-address: found `assets` at physical \
                0xB0000 to 0x10CFFF (380928 bytes); allowed 0x70000 to 0xFFFFF, on the smallest chip of 1 MiB. \
                Start it at user address 0x33000 or below, or ask for a larger chip.
                """
            ])
    }

    @Test func aFolderThatIsNone() throws {
        for path in ["/nonexistent/station", Demo.documentation, ""] {
            let (folder, problems) = StationFolder.load(at: path, regulatory: Demo.regulatory)
            #expect(folder == nil)
            #expect(problems.map(\.code) == [.notAStationFolder])
        }
    }

    @Test func anUnreadablePartCausesNoErrorsElsewhere() throws {
        let copy = try FolderCopy()
        try copy.apply(.write("plans/env-sensor.yaml", "plan: [\n"))
        try copy.apply(.write("skus/env-sensor-us.yaml", "sku: [\n"))
        try copy.apply(.write("station.yaml", "station: [\n"))
        let problems = copy.load().problems
        #expect(problems.map(\.code) == [.yamlSyntax, .yamlSyntax, .yamlSyntax], "\(problems)")
    }

    /// Aliases that would stand for 10^9 values are refused before they are followed.
    @Test(.timeLimit(.minutes(1))) func aliasBombsDoNotGoOff() throws {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let names = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(names)]\n"
        }
        let copy = try FolderCopy()
        try copy.apply(.write("orders/WO-2026-0117.yaml", bomb))
        let problems = copy.load().problems
        #expect(Set(problems.map(\.code)) == [.anchorOrTag])
        #expect(problems.count == 100)
    }

    static let oddTexts = [
        "? - - - - - - - - - - - - - - - - - - - - - - - - - - - - a",
        "x: " + String(repeating: "{a: ", count: 2000), String(repeating: "- ", count: 100_000) + "x",
        (0..<300).map { String(repeating: " ", count: $0) + "k:\n" }.joined(), "? [a, b]\n: c\n",
        "\u{FEFF}order: X\n",
        "%YAML 1.1\n---\norder: X\n", "\r\n\r\norder: X\r\n", "order: \"\\xZZ\"", "order: |\n  \tx\n", "",
        "# nothing\n", "~",
        "order: X\n...\nrest",
    ]

    @Test(arguments: oddTexts.indices) func oddTextsAreReportedNotFallenOver(index: Int) throws {
        let text = Self.oddTexts[index]
        let problems = ProblemCollector()
        let node = YAMLText(file: "x.yaml", problems: problems).read(Array(text.utf8))
        #expect(node != nil || problems.sorted.hasErrors, "\(problems.sorted)")
    }

    /// Random damage to real files: the loader may complain, and must come back.
    @Test(arguments: 0..<12) func randomDamage(round: Int) throws {
        let seed = 0xC0FF_EE00 + UInt64(round)
        var dice = SeededGenerator(seed: seed)
        let copy = try FolderCopy()
        let files = [
            "station.yaml", "skus/env-sensor-base.yaml", "plans/env-sensor.yaml", "orders/WO-2026-0117.yaml",
            "line.yaml",
        ]
        let signs = Array(" \n\t:-[]{},\"'#&*!|>%@`~?0x9aZ\u{0}\u{80}".unicodeScalars).map { String($0) }
        for file in files {
            var scalars = Array(try copy.text(file).unicodeScalars).map { String($0) }
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                let place = Int.random(in: 0..<scalars.count, using: &dice)
                switch Int.random(in: 0..<3, using: &dice) {
                case 0: scalars.remove(at: place)
                case 1: scalars.insert(signs.randomElement(using: &dice) ?? " ", at: place)
                default: scalars[place] = signs.randomElement(using: &dice) ?? " "
                }
            }
            try copy.write(file, scalars.joined())
        }
        let (folder, problems) = copy.load()
        #expect((folder == nil) == problems.hasErrors, "seed \(seed)")
        for problem in problems { #expect(!problem.description.isEmpty && problem.line >= 0, "seed \(seed)") }
    }
}
