import Ledger
import StationStore
import Synchronization
import Wording

/// Whole runs in the forms that other tools take: OpenHTF's JSON test record, and JUnit's XML.
///
/// Runs are fetched one after the other, so that memory stays flat whatever the number.
public struct RunExport: Sendable {
    let reader: StationReader

    public init(reader: StationReader) {
        self.reader = reader
    }

    /// One test record a line, as OpenHTF's `OutputToJSON` lays it out: `dut_id`, `outcome`, times in milliseconds,
    /// phases with their measurements and validators.
    public func openHTF(_ query: Query, write: @Sendable (String) throws -> Void) async throws {
        let station = try await reader.station().name
        for id in try await runs(query) {
            guard let report = try await reader.run(id) else { continue }
            try write(OpenHTFRecord(report: report, station: station).json)
        }
    }

    /// One document: a suite for each run, a case for each step.
    public func jUnit(_ query: Query, write: @Sendable (String) throws -> Void) async throws {
        try write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        try write("<testsuites name=\"\(Markup.escaped(try await reader.station().name))\">")
        for id in try await runs(query) {
            guard let report = try await reader.run(id) else { continue }
            for line in JUnitSuite(report: report).lines { try write(line) }
        }
        try write("</testsuites>")
    }

    /// Eight bytes a run: the numbers of a million fit where their records would not.
    private func runs(_ query: Query) async throws -> [RunID] {
        let found = Mutex<[RunID]>([])
        try await reader.answer(query) { cells in
            if case .integer(let id)? = cells.first { found.withLock { $0.append(RunID(rawValue: id)) } }
        }
        return found.withLock { $0 }
    }
}
