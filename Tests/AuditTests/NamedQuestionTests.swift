import StationStore
import Synchronization
import Testing

@testable import Audit

@Suite struct NamedQuestionTests {
    private func ask(_ name: String, _ words: [String], _ sample: SampleRecord) async throws -> [[AnswerCell]]
    {
        let question = try #require(NamedQuestion.all.first { $0.name == name })
        switch try await question.answer(sample.reader, words) {
        case .rows(_, let rows): return rows
        case .statement(let statement):
            let rows = Mutex<[[AnswerCell]]>([])
            try await sample.reader.answer(statement) { cells in
                #expect(cells.count == statement.header.count)
                rows.withLock { $0.append(cells) }
            }
            return rows.withLock { $0 }
        }
    }

    @Test func eachQuestionAnswersAboutTheRightUnits() async throws {
        let sample = try await SampleRecord(runs: 40)
        let passed = sample.facts.filter { $0.outcome == "passed" }
        let unit = try #require(passed.first)

        let life = try await ask("life", [unit.device], sample)
        let report = try #require(try await sample.reader.unit(unit.device))
        #expect(life.map(\.[0]) == report.entries.map { .integer($0) })

        let nvram = try await ask("with-nvram", [String(sample.nvram.hex.prefix(10))], sample)
        #expect(nvram.count == passed.count)
        #expect(try await ask("with-nvram", ["00000000"], sample).isEmpty)

        let german = try await ask("blessed-for", ["DE", "2025-01-01", "2030-01-01"], sample)
        #expect(german.count == passed.count { $0.markets.contains("DE") })
        #expect(try await ask("blessed-for", ["DE", "2030-01-01", "2031-01-01"], sample).isEmpty)

        #expect(
            try await ask("reservation-changed", [], sample).count == sample.facts.count { $0.code == "V01" })
        #expect(try await ask("passed-on-retest", [], sample).isEmpty)
        #expect(try await ask("done-by", ["Ada"], sample).count == sample.facts.count { $0.slot == 1 })
        #expect(try await ask("done-by", ["Nobody"], sample).isEmpty)

        // The image is in all blessed units, the plan in every second slot's.
        let recall = try await ask("recall", [unit.device], sample)
        let expected = sample.facts.filter {
            $0.device != unit.device && ($0.outcome == "passed" || $0.slot % 2 == unit.slot % 2)
        }
        #expect(recall.count >= expected.count)
        #expect(!recall.contains { $0[0] == .text(unit.device) })
    }

    /// Found by way of the attempts that did not pass, and the same as by looking at every unit.
    @Test func unitsThatPassedOnRetestAreFoundByTheirFailures() async throws {
        let sample = try await SampleRecord(runs: 90, returning: true)
        let found = try await ask("passed-on-retest", [], sample)
        let all = Mutex<[[AnswerCell]]>([])
        try await sample.reader.answer(
            try Query(.units, filter: "blessed is not missing and attempts > 1").statement
        ) { cells in all.withLock { $0.append(cells) } }
        #expect(!found.isEmpty && found == all.withLock { $0 })
        var query = try Query(.units, filter: "blessed is not missing and attempts > 1")
        query.candidates = "SELECT device FROM run WHERE outcome IN ('failed', 'quarantined', 'error')"
        let plan = try await sample.reader.explain(query).plan
        #expect(plan.contains { $0.contains("run_not_passed") }, "\(plan)")
        #expect(!plan.contains { $0.contains("SCAN d") }, "\(plan)")
    }

    @Test func differenceShowsOnlyWhatDiffers() async throws {
        let sample = try await SampleRecord(runs: 10)
        let (one, two) = (sample.facts[0], sample.facts[1])
        let rows = try await ask("difference", [one.device, two.device], sample)
        #expect(rows.contains { $0[0] == .text("device") })
        #expect(!rows.contains { $0[0] == .text("impos") })
        #expect(rows.allSatisfy { $0[1] != $0[2] })
        #expect(try await ask("difference", [one.device, one.device], sample).isEmpty)
        await #expect(throws: StoreError.self) {
            try await ask("difference", [one.device, "nobody"], sample)
        }
    }

    @Test func argumentsAreCounted() async throws {
        let sample = try await SampleRecord(runs: 1)
        for question in NamedQuestion.all {
            let words = Array(repeating: "x", count: question.parameters.count + 1)
            let fault = await #expect(throws: QueryFault.self) {
                try await question.answer(sample.reader, words)
            }
            #expect(fault?.sentence.contains("station audit ask \(question.name)") == true)
        }
    }
}
