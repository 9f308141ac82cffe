import Foundation
import StationConfig
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
        for (name, path, query) in [
            ("line", "/line", [:]), ("pareto", "/pareto", [:]),
            ("pareto-m", "/pareto", ["by": "measurement"]),
            ("measurements", "/measurements", [:]),
            ("measurement", "/measurements/one", ["step": "rail", "name": "rail_3v3"]),
            ("units", "/units", [:]), ("unit", "/units/ES0100001", [:]),
            ("compare", "/units/compare", ["a": "ES0100001", "b": "ES0100003"]), ("skus", "/skus", [:]),
            ("skus-compare", "/skus/compare", ["a": "env-sensor-us", "b": "env-sensor-eu"]),
            ("gauge", "/gauge", [:]),
            ("golden", "/golden", [:]), ("signin", "/signin", [:]),
        ] as [(String, String, [String: String])] {
            for language in ["en", "zh-Hans"] {
                guard let answer = try await ReportPageTests.get(path, query, language: language) else {
                    continue
                }
                try Data(answer.body).write(to: folder.appendingPathComponent("\(name)-\(language).html"))
            }
        }
    }
}
