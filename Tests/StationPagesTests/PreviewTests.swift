import Foundation
import Testing

@testable import StationPages

/// Writes pages into a folder, to be looked at without a service: PAGES_PREVIEW=folder.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["PAGES_PREVIEW"] != nil))
struct PreviewTests {
    @Test func writePages() async throws {
        let folder = URL(
            fileURLWithPath: ProcessInfo.processInfo.environment["PAGES_PREVIEW"] ?? "/nonexistent")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("assets"), withIntermediateDirectories: true)
        for (name, asset) in Assets.all {
            try Data(asset.bytes).write(to: folder.appendingPathComponent("assets/\(name)"))
        }
        for language in Language.all {
            let operatorPage = OperatorPageTests.page(
                DemoRecord.line, language: language.code, viewer: OperatorPageTests.viewer)
            try Data(operatorPage.body).write(
                to: folder.appendingPathComponent("operator-\(language.code).html"))
        }
        var every = DemoRecord.line
        every.slots = SlotPhase.allCases.enumerated().map { index, phase in
            var state = SlotState(slot: index + 1, name: "S\(index + 1)", kind: .usb, phase: phase)
            state.serial = "ES01000\(10 + index)"
            state.reasonCode = ["A07", "T01", "B02", "X03"][index % 4]
            state.advice = .engineer
            return state
        }
        try Data(OperatorPageTests.page(every).body).write(
            to: folder.appendingPathComponent("operator-all.html"))
    }
}
