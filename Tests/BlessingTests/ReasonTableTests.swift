import Foundation
import StationStore
import Testing

@testable import Blessing

@Suite struct ReasonTableTests {
    @Test(arguments: ReasonCode.allCases)
    func everyCodeHasItsRowAndStandsInTheOperatorsList(code: ReasonCode) throws {
        let entry = try #require(ReasonCode.table[code])
        #expect(entry.outcome != .passed)
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/operator-codes.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(
            text.contains(
                "| \(code.identifier) | \(entry.outcome.rawValue) | \(entry.operatorText) | \(entry.action) |"
            ))
    }
}
