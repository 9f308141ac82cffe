import Testing

@testable import StationConfig

/// What the raw look over a YAML text finds, and what it must not take for trouble.
@Suite struct YAMLTests {
    typealias Trouble = YAMLScan.Trouble

    @Test(
        arguments: [
            ("a: &x 1", [.anchor("&x")]), ("a: *x", [.alias("*x")]), ("- *x", [.alias("*x")]),
            ("a: [1, *x]", [.alias("*x]")]),
            ("a: {b: &c 1}", [.anchor("&c")]), ("a: !!str 1", [.tag("!!str")]), ("<<: 1", [.mergeKey]),
            ("\ta: 1", [.tab]),
            ("  \t a: 1", [.tab]), ("? &x a", [.anchor("&x")]), ("- - &x 1", [.anchor("&x")]),
            (
                "a: &x [*y, &z !t *w]",
                [.anchor("&x"), .alias("*y"), .anchor("&z"), .tag("!t"), .alias("*w]")]
            ), ("a: 'b' \n&c d: e", [.anchor("&c")]),
            ("a: |\n  text\nb: *x", [.alias("*x")]), ("a: \"x\"\nb: &y z", [.anchor("&y")]),
            ("a: 'it''s'\nb: &y z", [.anchor("&y")]),
        ] as [(String, [Trouble])])
    func finds(text: String, expected: [Trouble]) {
        #expect(YAMLScan.troubles(in: text).map(\.trouble) == expected)
    }

    @Test(arguments: [
        "a: b & c", "a: b *c", "a: \"*x\"", "a: '&x'", "a: b # &x *y !z", "# &x", "a: 5*3", "a: x&y",
        "a: |\n  *x\n  &y\n  \tz",
        "a: >\n  !x\nb: c", "a: \"quote \\\" *x\"", "a: 'multi\n  *line\n  &text'", "a: \"open\n  *x \\\\\"",
        "a: it's *fine",
        "a: {b: 'c, *d'}", "a: '^factory-1\\.'", "\t\n   \t  \na: b", "a: http://x/*", "key&x: 1", "a: b\tc",
        "---\na: b",
        "a: -*x", "a:*x",
    ])
    func leavesAlone(text: String) {
        #expect(YAMLScan.troubles(in: text) == [], "\(text)")
    }

    @Test func positionsCountFromOne() {
        let found = YAMLScan.troubles(in: "a: 1\nb:\n  - c: &x 2\n")
        #expect(found == [YAMLScan.Found(trouble: .anchor("&x"), line: 3, column: 8)])
    }

    private func read(_ text: String) -> (node: ConfigNode?, problems: [ConfigProblem]) {
        let problems = ProblemCollector()
        let node = YAMLText(file: "x.yaml", problems: problems).read(Array(text.utf8))
        return (node, problems.sorted)
    }

    @Test func nodesKnowWhereTheyStand() throws {
        let node = try #require(read("a: 1\nb:\n  - {c: d}\n  - 'e'\n").node)
        #expect(node["a"]?.origin == Origin(file: "x.yaml", line: 1, column: 4))
        #expect(node["b"]?.items?[0]["c"]?.origin == Origin(file: "x.yaml", line: 3, column: 9))
        #expect(node["b"]?.items?[1].isQuoted == true)
        #expect(node.entries?[1].keyOrigin == Origin(file: "x.yaml", line: 2, column: 1))
        #expect(node[["b", "c"]] == nil)
    }

    /// Norway, sexagesimal numbers, octal: a plain scalar is a text until a key wants something else.
    @Test(arguments: [
        "NO", "no", "on", "12:30:45", "0o17", "1_000", "2026-12-01", "null-and-void", ".5", "=", "y",
    ])
    func scalarsKeepTheirText(text: String) throws {
        #expect(try #require(read("a: \(text)\n").node)["a"]?.text == text)
    }

    @Test func nothingIsNothing() throws {
        let node = try #require(read("a: ~\nb: null\nc:\nd: ''\ne: \"~\"\n").node)
        #expect(["a", "b", "c", "d", "e"].map { node[$0]?.isNothing } == [true, true, true, false, false])
        #expect(node["e"]?.text == "~")
        #expect(node["d"]?.text == "")
    }

    @Test func allDuplicatesAreFoundAndTheFirstCounts() throws {
        let (node, problems) = read("a: 1\nb:\n  c: 1\n  c: 2\n  c: 3\na: 2\nd: 4\n")
        #expect(problems.map(\.line) == [4, 5, 6])
        #expect(Set(problems.map(\.code)) == [.duplicateKey])
        #expect(node?["a"]?.text == "1")
        #expect(node?["b"]?["c"]?.text == "1")
        #expect(node?["d"]?.text == "4")
    }

    @Test(
        arguments: [
            ("1", .integer(1)), ("-60", .integer(-60)), ("0x33", .integer(51)), ("3.30", .number(3.3)),
            ("true", .boolean(true)),
            ("false", .boolean(false)), ("EF4016", .text("EF4016")), ("\"12\"", .text("12")),
            ("'yes'", .text("yes")),
            ("0.5", .number(0.5)), ("-0.25", .number(-0.25)), ("0", .integer(0)),
            ("factory-1", .text("factory-1")),
            ("''", .text("")), ("0x1E5", .integer(485)),
        ] as [(String, PlanValue)])
    func valuesAreTyped(text: String, expected: PlanValue) throws {
        let node = try #require(read("a: \(text)\n").node?["a"])
        guard case .value(let value) = ScalarReader.value(node) else {
            Issue.record("\(text) was refused")
            return
        }
        #expect(value == expected)
    }

    @Test(arguments: ["yes", "No", "ON", "off", "y", "~", "20E5", "1e3", "0123", "-007", "TRUE", "1E999"])
    func valuesThatCouldMeanSeveralThingsAreRefused(text: String) throws {
        let node = try #require(read("a: \(text)\n").node?["a"])
        guard case .ambiguous = ScalarReader.value(node) else {
            Issue.record("\(text) was taken")
            return
        }
    }
}
