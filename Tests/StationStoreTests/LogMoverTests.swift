import Foundation
import GRDB
import Testing

@testable import StationStore

/// The write-ahead log is moved beside the writer, and stays small on the disk.
@Suite struct LogMoverTests {
    private var options: StationStore.Options {
        var options = StationStore.Options()
        options.logPages = 100
        return options
    }

    private func logSize(_ station: TestStation) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: station.path + "-wal")
        return attributes[.size] as? Int ?? 0
    }

    private func write(_ notes: Int, _ store: StationStore) async throws {
        let text = String(repeating: "what a line says ", count: 50)
        for number in 0..<notes { try await store.append(.note(Note(text: "\(number) \(text)"))) }
    }

    @Test func theLogIsMovedAndUsedAgain() async throws {
        let station = try TestStation()
        let store = try await station.create(options)
        var written = 0
        while store.mover.passes < 5, written < 5000 {
            try await write(20, store)
            written += 20
        }
        #expect(store.mover.passes >= 5, "after \(written) commits")
        #expect(try logSize(station) < 10 * options.logPages * 4096)
        try await store.close()
        #expect(try logSize(station) == 0)
        let again = try await station.open()
        #expect(try await again.reader.verify(.everything).findings == [])
        try await again.close()
    }

    /// A reader that stays at an old state keeps the log from being used again, not the writer from writing.
    @Test func aReaderThatStaysDoesNotHoldUpTheWriter() async throws {
        let station = try TestStation()
        let store = try await station.create(options)
        let snapshot = try store.pool.makeSnapshot()
        let before = try await store.reader.station().ledgerSize
        try await write(600, store)
        #expect(try await store.reader.station().ledgerSize == before + 600)
        #expect(try await snapshot.read { db in try LedgerTables.size(db) } == before)
        try snapshot.close()
        try await store.close()
        #expect(try logSize(station) == 0)
    }
}
