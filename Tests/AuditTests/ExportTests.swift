import Foundation
import Ledger
import StationStore
import Synchronization
import Testing

@testable import Audit

@Suite struct ExportTests {
    private func lines(_ export: (@escaping @Sendable (String) throws -> Void) async throws -> Void)
        async throws
        -> [String]
    {
        let lines = Mutex<[String]>([])
        try await export { line in lines.withLock { $0.append(line) } }
        return lines.withLock { $0 }
    }

    @Test func openHTFRecordsAreJSONWithEveryPhase() async throws {
        let sample = try await SampleRecord(runs: 5)
        let records = try await lines {
            try await RunExport(reader: sample.reader).openHTF(try Query(.runs, columns: ["run"]), write: $0)
        }
        #expect(records.count == 5)
        for (line, fact) in zip(records, sample.facts) {
            let record = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(record["dut_id"] as? String == fact.device)
            #expect(record["outcome"] as? String == (fact.outcome == "passed" ? "PASS" : "FAIL"))
            let phase = try #require((record["phases"] as? [[String: Any]])?.first)
            let measured = try #require((phase["measurements"] as? [String: [String: Any]])?["vdd"])
            #expect(measured["measured_value"] as? Double == fact.voltage)
            #expect(measured["validators"] as? [String] == ["3.2 <= x <= 3.4"])
        }
    }

    @Test func jUnitIsWellFormedXML() async throws {
        let sample = try await SampleRecord(runs: 6)
        let text = try await lines {
            try await RunExport(reader: sample.reader).jUnit(try Query(.runs, columns: ["run"]), write: $0)
        }.joined(separator: "\n")
        let file = sample.folder.appending(path: "junit.xml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import sys,xml.etree.ElementTree as t; r=t.parse(sys.argv[1]).getroot(); "
                + "print(len(r), sum(len(s.findall('testcase')) for s in r), sum(int(s.get('failures')) for s in r))",
            file.path,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let out = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let failed = sample.facts.count { $0.outcome == "failed" }
        #expect(out == "6 6 \(failed)\n")
    }

    @Test func csvQuotesAndDisarmsFormulas() {
        let columns = [AnswerColumn(name: "a"), AnswerColumn(name: "b")]
        let cases: [([AnswerCell], String)] = [
            ([.text("plain"), .integer(-5)], "plain,-5"),
            ([.text("a,b"), .text("say \"x\"")], "\"a,b\",\"say \"\"x\"\"\""),
            ([.text("=1+1"), .text("@SUM(A1)")], "'=1+1,'@SUM(A1)"),
            ([.text("-2"), .text("-x")], "-2,'-x"),
            ([.text("two\nlines"), .missing], "\"two\nlines\","),
        ]
        for (cells, expected) in cases { #expect(AnswerFormat.csv.row(cells, columns) == expected) }
        #expect(AnswerFormat.jsonl.row([.number(0.1), .missing], columns) == "{\"a\":0.1,\"b\":null}")
    }

    // MARK: - Tiles

    /// Reads a published log as a stranger would, and computes its root anew.
    private func recomputedRoot(_ folder: URL, size: Int64) throws -> TreeHash {
        var range = CompactRange()
        var tile: Int64 = 0
        while tile * 256 < size {
            let width = Int(min(256, size - tile * 256))
            let name = TilePublication.path(tile) + (width == 256 ? "" : ".p/\(width)")
            let bundle = Array(try Data(contentsOf: folder.appending(path: "tile/entries/\(name)")))
            let hashes = Array(try Data(contentsOf: folder.appending(path: "tile/0/\(name)")))
            #expect(hashes.count == width * 32)
            var at = 0
            for index in 0..<width {
                let length = Int(bundle[at]) << 8 | Int(bundle[at + 1])
                let leaf = TreeHash.leaf(Array(bundle[(at + 2)..<(at + 2 + length)]))
                #expect(leaf.bytes == Array(hashes[(index * 32)..<(index * 32 + 32)]))
                range.append(leaf)
                at += 2 + length
            }
            #expect(at == bundle.count)
            tile += 1
        }
        return range.root
    }

    @Test func aPublishedLogVerifiesAndGrows() async throws {
        let sample = try await SampleRecord(runs: 60)
        let folder = sample.folder.appending(path: "log")
        let publication = TilePublication(reader: sample.reader, folder: folder.path)
        let first = try await publication.bringUpToDate()
        #expect(first.size > 512)
        let text = { try String(contentsOf: folder.appending(path: "checkpoint"), encoding: .utf8) }
        let early = try Checkpoint(parsing: try text())
        #expect(try recomputedRoot(folder, size: early.size) == early.root)
        let full = try Data(contentsOf: folder.appending(path: "tile/0/000"))

        for index in 0..<300 { _ = try await sample.store.append(.note(Note(text: "later \(index)"))) }
        _ = try await sample.store.signCheckpoint()
        let second = try await publication.bringUpToDate()
        #expect(second.size > first.size && second.files < first.files + 6)
        let late = try Checkpoint(parsing: try text())
        #expect(try recomputedRoot(folder, size: late.size) == late.root)
        #expect(try Data(contentsOf: folder.appending(path: "tile/0/000")) == full)
    }

    /// Cut short, a publication leaves torn tiles that no checkpoint covers; the next one puts whole ones in their place.
    @Test func aPublicationThatWasCutShortIsTakenUp() async throws {
        let sample = try await SampleRecord(runs: 60)
        let (folder, whole) = (sample.folder.appending(path: "log"), sample.folder.appending(path: "whole"))
        let publication = TilePublication(reader: sample.reader, folder: folder.path)
        let early = try await publication.bringUpToDate()
        for index in 0..<700 { _ = sample.store.enqueue(.note(Note(text: "later \(index)"))) }
        try await sample.store.flush()
        _ = try await sample.store.signCheckpoint()
        let late = try await TilePublication(reader: sample.reader, folder: whole.path).bringUpToDate()
        var torn = 0
        for case let name as String in try #require(FileManager.default.enumerator(atPath: whole.path)) {
            let (from, to) = (whole.appending(path: name), folder.appending(path: name))
            guard name.hasPrefix("tile/"), !FileManager.default.fileExists(atPath: to.path) else { continue }
            if (try? from.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true {
                try FileManager.default.createDirectory(at: to, withIntermediateDirectories: true)
            } else {
                try Data(try Data(contentsOf: from).dropLast(5)).write(to: to)
                torn += 1
            }
        }
        #expect(torn >= 6 && late.size > early.size)
        for _ in 0..<2 {
            #expect(try await publication.bringUpToDate().size == late.size)
            let root = try Checkpoint(
                parsing: try String(contentsOf: folder.appending(path: "checkpoint"), encoding: .utf8)
            ).root
            #expect(try recomputedRoot(folder, size: late.size) == root)
        }
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.hasSuffix(".new") })
    }

    @Test func forksAndForeignLogsAreNamed() async throws {
        let sample = try await SampleRecord(runs: 3)
        let other = try await SampleRecord(runs: 4, seed: 2)
        let folder = sample.folder.appending(path: "log")
        _ = try await TilePublication(reader: other.reader, folder: folder.path).bringUpToDate()
        // The same origin and more entries: the record here looks like a restored backup.
        let ahead = await #expect(throws: PublicationFault.self) {
            try await TilePublication(reader: sample.reader, folder: folder.path).bringUpToDate()
        }
        if case .ahead? = ahead {} else { Issue.record("\(String(describing: ahead))") }
        for _ in 0..<40 { _ = try await sample.store.append(.note(Note(text: "grow"))) }
        _ = try await sample.store.signCheckpoint()
        let forked = await #expect(throws: PublicationFault.self) {
            try await TilePublication(reader: sample.reader, folder: folder.path).bringUpToDate()
        }
        if case .forked? = forked {} else { Issue.record("\(String(describing: forked))") }
        try Data("nonsense".utf8).write(to: folder.appending(path: "checkpoint"))
        let damaged = await #expect(throws: PublicationFault.self) {
            try await TilePublication(reader: sample.reader, folder: folder.path).bringUpToDate()
        }
        if case .damaged? = damaged {} else { Issue.record("\(String(describing: damaged))") }
    }

    @Test(
        arguments: [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")]
            as [(Int64, String)])
    func tilePathsAreThoseOfTheSpecification(index: Int64, path: String) {
        #expect(TilePublication.path(index) == path)
    }
}
