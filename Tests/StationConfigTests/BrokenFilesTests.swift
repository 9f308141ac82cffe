import Imp003
import Testing

@testable import StationConfig

/// Files, YAML and shape: one change to the demo folder, exactly one problem, at the right place.
@Suite struct BrokenFilesTests {
    static let station = "station.yaml"
    static let base = "skus/env-sensor-base.yaml"
    static let us = "skus/env-sensor-us.yaml"
    static let plan = "plans/env-sensor.yaml"
    static let order = "orders/WO-2026-0117.yaml"

    static let files: [Breakage] = [
        Breakage(
            "no station.yaml", .remove(station), gives: .notAStationFolder, in: station,
            saying: "no station.yaml"),
        Breakage(
            "not UTF-8", .bytes(order, Array("order: WO-1\nsku: \u{FF}".utf8) + [0xC3, 0x28, 0x0A]),
            gives: .notUTF8,
            in: order, saying: "UTF-8"),
        Breakage(
            "too large", .write(order, String(repeating: "# padding\n", count: 30_000)), gives: .fileTooLarge,
            in: order,
            saying: "300000 bytes", "256 KiB"),
        Breakage(
            "tab", .replace(order, "quantity: 24", "serial:\n\tquantity: 24"), gives: .tabIndentation,
            in: order,
            at: "\tquantity", saying: "a tab"),
        Breakage(
            "open bracket", .replace(order, "operator: op-17", "operator: [op-17"), gives: .yamlSyntax,
            in: order,
            at: "due:", saying: "flow sequence"),
        Breakage(
            "lost colon",
            .replace(
                plan, "test: wake-reason\n    measurements:", "test wake-reason\n    measurements:  # here"),
            gives: .yamlSyntax,
            in: plan, at: "# here", saying: "Look at this line and the one above"),
        Breakage(
            "duplicate key", .append(order, "quantity: 25\n"), gives: .duplicateKey, in: order,
            at: "quantity: 25",
            saying: "`quantity` again, first on line 4"),
        Breakage(
            "duplicate key in a one-line map", .replace(order, "width: 7", "width: 7, width: 8"),
            gives: .duplicateKey,
            in: order, at: "serials:", saying: "`width` twice"),
        Breakage(
            "anchor", .replace(order, "quantity: 24", "quantity: &count 24"), gives: .anchorOrTag, in: order,
            at: "&count", saying: "`&count`"),
        Breakage(
            "tag", .replace(order, "quantity: 24", "quantity: !!int 24"), gives: .anchorOrTag, in: order,
            at: "!!int",
            saying: "`!!int`"),
        Breakage(
            "nested too deeply",
            .replace(order, "quantity: 24", "quantity: " + String(repeating: "[", count: 5000)),
            gives: .tooComplex,
            in: order, at: "quantity", saying: "more than 16 levels"),
        Breakage(
            "a list at the top", .write(order, "- order: X\n"), gives: .wrongType, in: order, at: "- order",
            saying: "a list"),
        Breakage(
            "two documents", .append(order, "---\norder: X\n"), gives: .yamlSyntax, in: order, at: "---",
            saying: "another document"),
        Breakage(
            "unknown key", .replace(order, "quantity: 24", "quantity: 24\nquantitty: 25"), gives: .unknownKey,
            in: order,
            at: "quantitty", saying: "Did you mean `quantity`?"),
        Breakage(
            "unknown key deep down", .replace(base, "cool-down: 5 s", "cooldown: 5 s"), gives: .unknownKey,
            in: base,
            at: "cooldown", saying: "retest.cooldown", "Did you mean `cool-down`?"),
        Breakage(
            "missing key", .replace(order, "quantity: 24\n", ""), gives: .missingKey, in: order,
            at: "order: WO",
            saying: "no `quantity`"),
        Breakage(
            "text for a number", .replace(order, "quantity: 24", "quantity: many"), gives: .wrongType,
            in: order,
            at: "many", saying: "`many`", "a whole number"),
        Breakage(
            "quoted number", .replace(order, "quantity: 24", "quantity: \"24\""), gives: .wrongType,
            in: order,
            at: "\"24\"", saying: "Leave the quotes out"),
        Breakage(
            "number out of range", .replace(order, "quantity: 24", "quantity: 0"), gives: .outOfRange,
            in: order,
            at: "quantity: 0", saying: "1 to 1000000"),
        Breakage(
            "a map for a text", .replace(order, "operator: op-17", "operator: { id: op-17 }"),
            gives: .wrongType,
            in: order, at: "operator", saying: "a map"),
        Breakage(
            "yes is no boolean", .replace(plan, "stop-on-fail: true", "stop-on-fail: yes"), gives: .wrongType,
            in: plan,
            at: "stop-on-fail", saying: "true or false"),
        Breakage(
            "duration without unit", .replace(plan, "timeout: 2 s", "timeout: 2"), gives: .wrongType,
            in: plan,
            at: "timeout: 2", saying: "500 ms, 3 s or 2 min"),
        Breakage(
            "duration too long", .replace(station, "bless: 60 s", "bless: 2 h"), gives: .outOfRange,
            in: station,
            at: "bless: 2 h", saying: "5 s to 10 min"),
        Breakage(
            "megabytes that mean two things", .replace(base, "minimum: 1 MiB", "minimum: 1 MB"),
            gives: .wrongType,
            in: base, at: "minimum", saying: "1 MiB, 448 KiB"),
        Breakage(
            "name in capitals", .replace(station, "station: demo-line-1", "station: Demo-Line-1"),
            gives: .wrongForm,
            in: station, at: "Demo-Line-1", saying: "Did you mean `demo-line-1`?"),
        Breakage(
            "unknown word", .replace(station, "kind: emulated", "kind: emulatd"), gives: .wrongForm,
            in: station,
            at: "emulatd", saying: "Did you mean `emulated`?"),
        Breakage(
            "file that would not be read", .copy(order, "orders/WO-2.yml"), gives: .wrongFileName,
            in: "orders/WO-2.yml",
            saying: "names that end in .yaml"),
        Breakage(
            "unreadable YAML that is a folder", .folder("orders/odd.yaml"), gives: .notRegularFile,
            in: "orders/odd.yaml",
            saying: "a folder or a device"),
    ]

    @Test(arguments: files) func oneChangeOneProblem(_ breakage: Breakage) throws {
        try breakage.check()
    }
}

extension Breakage {
    /// Applies the edits to a copy of the demo and compares what the loader says.
    func check() throws {
        let copy = try FolderCopy()
        for edit in edits { try copy.apply(edit) }
        let (folder, problems) = copy.load()
        let list = problems.map(\.description).joined(separator: "\n")
        #expect((folder == nil) == (severity == .error), "\(list)")
        try #require(problems.count == 1, "\(name): expected one problem, found:\n\(list)")
        let problem = problems[0]
        #expect(problem.code == code, "\(list)")
        #expect(problem.severity == severity)
        #expect(problem.file == file, "\(list)")
        if let at {
            #expect(try problem.line == copy.line(of: at, in: file), "\(list)")
            #expect(problem.column >= 1 || code == .notUTF8, "\(list)")
        }
        for phrase in phrases { #expect(list.contains(phrase), "\(list)") }
        #expect(!list.contains(copy.path), "no path of this machine in a message: \(list)")
    }
}
