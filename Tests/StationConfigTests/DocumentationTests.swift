import Foundation
import Testing

@testable import StationConfig

/// docs/sku.md tells all, and nothing that is not so.
@Suite struct DocumentationTests {
    private let text: String

    init() throws {
        text = try String(contentsOfFile: Demo.documentation, encoding: .utf8)
    }

    @Test func theErrorTableIsComplete() {
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| CFG") }
        var documented: [String: String] = [:]
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            documented[cells[0]] = cells[1]
        }
        #expect(documented.count == rows.count, "a code twice")
        for code in ConfigCode.allCases { #expect(documented[code.rawValue] == code.title) }
        #expect(Set(documented.keys) == Set(ConfigCode.allCases.map(\.rawValue)))
    }

    private static func allKeySets(_ keys: KeySet) -> [KeySet] {
        [keys] + keys.keys.flatMap { inner($0.shape) }
    }

    private static func inner(_ shape: Shape) -> [KeySet] {
        switch shape {
        case .map(let keys): allKeySets(keys)
        case .list(let item, _, _): inner(item)
        case .table(_, let value, _): inner(value)
        default: []
        }
    }

    /// Each key stands in a table as `| `key` |`, and each table row's key exists.
    @Test func everyKeyIsDocumented() {
        var known: Set<String> = []
        for keys in Keys.files.flatMap({ Self.allKeySets($0.keys) }) {
            known.formUnion(keys.keys.map(\.name))
        }
        var documented: Set<String> = []
        for row in text.split(separator: "\n") where row.hasPrefix("| `") {
            let path = row.dropFirst(3).prefix { $0 != "`" }
            documented.formUnion(path.split(separator: ".").map { String($0.prefix { $0 != "[" }) })
        }
        #expect(known.subtracting(documented) == [], "not documented")
        #expect(
            documented.subtracting(known).subtracting(["CC", "default"]) == [], "documented, but not known")
    }

    @Test func wordsAndFieldsAreDocumented() {
        let words =
            LabelField.allCases.map(\.rawValue) + RetestCause.allCases.map(\.rawValue)
            + ProcedureStage.allCases.map(\.rawValue)
            + RetestPolicy.NewSlot.allCases.map(\.rawValue) + LineLevel.allCases.map(\.rawValue)
            + RetestOrder.allCases.map(\.rawValue)
            + FixtureKind.allCases.flatMap { $0.instruments.map(\.name) }
        for word in words { #expect(text.contains("`\(word)`"), "\(word)") }
    }

    /// The examples that are whole files are read by the loader without a complaint about their shape.
    @Test func examplesAreRight() throws {
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(blocks.count >= 5)
        for block in blocks {
            let problems = ProblemCollector()
            let node = try #require(
                YAMLText(file: "example", problems: problems).read(Array(block.utf8)), "\(problems.sorted)")
            let first = node.entries?.first?.key ?? ""
            let keys = try #require(Keys.files.first { $0.keys.keys.first?.name == first }?.keys, "\(first)")
            ShapeCheck(problems: problems, mode: first == "sku" ? .part : .whole).check(node, keys)
            #expect(problems.sorted == [], "\(block)")
        }
    }
}
