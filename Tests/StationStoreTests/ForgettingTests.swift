import Foundation
import Ledger
import Testing

@testable import StationStore

@Suite struct ForgettingTests {
    static let name = "Zofia Wiśniewska-Kowalczyk"

    /// The database's files, the journal included.
    private func bytes(_ station: TestStation) throws -> [Data] {
        try FileManager.default.contentsOfDirectory(atPath: station.folder.path).map {
            try Data(contentsOf: station.folder.appending(path: $0))
        }
    }

    @Test func theNameIsGoneAndEverythingHolds() async throws {
        let station = try TestStation()
        let store = try await station.create()
        try await store.openDemoOrder()
        try await store.pass(1)
        let run = try await store.startRun(
            RunStarted(
                slot: 1, sku: "lamp-eu", skuDigest: skuDigest, planDigest: planDigest, order: "WO-1",
                operatedBy: .named(Self.name), fixture: "f", program: "1"))
        try await store.append(.runFinished(RunFinished(run: run, outcome: .aborted, code: "X")))
        // Enough others that pages split around the name.
        for number in 0..<400 { _ = store.enqueue(.note(Note(text: "n", by: .named("person \(number)")))) }
        try await store.flush()
        _ = try await store.signCheckpoint()
        let before = try await store.reader.proof(ofEntries: [run.rawValue])
        let salt = try await store.pool.read { db in
            try Data.fetchOne(db, sql: "SELECT salt FROM person WHERE name = ?", arguments: [Self.name])
        }
        let secrets = [Data(Self.name.utf8), try #require(salt)]
        #expect(try bytes(station).contains { $0.range(of: secrets[1]) != nil })
        #expect(try await store.reader.runs(RunFilter(limit: 1)).first?.operatorName == Self.name)

        let done = try await store.forget(person: Self.name, by: "Ada", place: "console")
        #expect(done.number == 1)
        try await store.rewrite()
        for data in try bytes(station) {
            for secret in secrets { #expect(data.range(of: secret) == nil) }
        }
        #expect(try await store.reader.runs(RunFilter(limit: 1)).first?.operatorName == "forgotten person #1")
        #expect(try await store.reader.verify(trusting: [station.key.verifier]).findings == [])
        try before.verify(trusting: station.key.verifier)
        _ = try await store.signCheckpoint()
        let after = try await store.reader.proof(ofEntries: [run.rawValue, done.sequence])
        try after.verify(trusting: station.key.verifier)
        #expect(after.entries.first?.entry == before.entries.first?.entry)

        // The tombstone names nobody, neither by name nor by seal.
        let tombstone = try #require(after.entries.last?.entry)
        let seal = try #require(before.entries.first?.entry.firstMatch(of: /"operator":"([0-9a-f]{64})"/)?.1)
        #expect(tombstone.contains("person.forgotten") && !tombstone.contains(seal))

        // Somebody who comes back is a new person.
        try await store.append(.note(Note(text: "back", by: .named(Self.name))))
        let seals = try await store.reader.entries(EntryFilter(kinds: ["note"], newestFirst: true, limit: 1))
        #expect(seals.first?.entry.contains(seal) == false)
        #expect(try await store.forget(person: Self.name, by: "Ada", place: "console").number == 2)
        #expect(try await store.reader.verify().findings == [])
        try await store.close()
        let again = try await station.open()
        #expect(try await again.reader.verify().findings == [])
        try await again.close()
    }

    @Test func whoIsNotThereCannotBeForgotten() async throws {
        let station = try TestStation()
        let store = try await station.create()
        for name in ["Nobody", "forgotten person #1", ""] {
            await #expect(throws: StoreError.notFound("person \"\(name)\"")) {
                _ = try await store.forget(person: name, by: nil, place: "console")
            }
        }
        // Nor can anybody take a forgotten one's place.
        await #expect(throws: StoreError.self) {
            try await store.append(.note(Note(text: "x", by: "forgotten person #1")))
        }
        #expect(try await store.reader.station().ledgerSize == 1)
    }

    /// A name that was taken away without an entry that says so is noticed.
    @Test func forgettingWithoutSayingSoIsNoticed() async throws {
        let station = try TestStation()
        let store = try await station.create()
        try await store.append(.note(Note(text: "x", by: "Ada")))
        try await store.close()
        try station.sqlite3(
            "DROP TRIGGER person_never_changes; UPDATE person SET salt = zeroblob(32), name = 'forgotten person #1'"
        )
        let findings = try await StationReader.open(at: station.path).verify().findings
        #expect(findings.count == 1)
    }
}
