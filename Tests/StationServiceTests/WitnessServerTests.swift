import Audit
import Foundation
import Ledger
import StationStore
import Testing
import TimeAndChance

@testable import StationService

@Suite struct WitnessServerTests {
    private struct FixedClock: WallClock {
        func utcMilliseconds() -> Int64 { 1_800_000_000_000 }
    }

    /// A station, its published log, and a witness that listens for the time of the body.
    private func withWitness(
        _ body: (StationStore, String, StationKey, RemoteWitness) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "witness-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let logKey = try StationKey.generate(name: StationStore.origin(station: "demo"))
        let key = try StationKey.generate(name: "witness.example.com/w1")
        let witness = Witness(key: key, folder: folder.appending(path: "w").path)
        try witness.follow(logKey.verifier)
        let store = try await StationStore.create(
            at: folder.appending(path: "a.db").path, station: "demo", key: logKey, program: "1")
        let (ports, port) = AsyncStream<Int>.makeStream()
        let serving = Task {
            try await WitnessServer(witness, clock: FixedClock()).run(host: "127.0.0.1", port: 0) {
                port.yield($0)
            }
        }
        var heard = ports.makeAsyncIterator()
        let number = try #require(await heard.next())
        do {
            try await body(
                store, folder.appending(path: "log").path, key, RemoteWitness("http://127.0.0.1:\(number)/"))
        } catch {
            serving.cancel()
            throw error
        }
        serving.cancel()
        _ = await serving.result
        try await store.close()
    }

    private func publish(_ store: StationStore, _ count: Int, into folder: String) async throws {
        for number in 0..<count { _ = store.enqueue(.note(Note(text: "n \(number)"))) }
        try await store.flush()
        _ = try await store.signCheckpoint()
        _ = try await TilePublication(reader: store.reader, folder: folder, witnesses: []).bringUpToDate()
    }

    @Test func aGrowingLogIsSignedForOverHTTP() async throws {
        try await withWitness { store, folder, key, remote in
            for count in [3, 300, 1] {
                try await publish(store, count, into: folder)
                let log = PublishedLog(folder: folder)
                let done = try await log.beSigned(by: key.witness) { try await remote.addCheckpoint($0) }
                #expect(done.timestamp == 1_800_000_000)
                #expect(try log.checkpoint().cosignatures(by: [key.witness]) == [done])
            }
        }
    }

    @Test func whatIsNoRequestIsRefusedAndTheNextOneServed() async throws {
        try await withWitness { store, folder, key, remote in
            try await publish(store, 5, into: folder)
            let log = PublishedLog(folder: folder)
            let good = try log.request(from: 0)
            let cases: [(String, Int)] = [
                ("", 400), ("old 0\n", 400), ("old -1\n\n" + good, 400), (good + "x", 400),
                (good.replacing("blessing-station/demo\n", with: "blessing-station/other\n"), 404),
                (String(repeating: "x", count: 70_000), 413),
            ]
            for (request, status) in cases {
                let found = try await remote.addCheckpoint(request)
                #expect(found.status == status, "\(request.prefix(40)) → \(found)")
            }
            let other = try StationKey.generate(name: "blessing-station/demo")
            let forged = try Checkpoint(size: 9, root: TreeHash.emptyTree, signedBy: other)
            #expect(try await remote.addCheckpoint("old 0\n\n" + forged.note.encoded).status == 403)
            #expect(try await remote.addCheckpoint(good).status == 200)
        }
    }

    @Test func aSignatureOfSomebodyElseIsNotTaken() async throws {
        try await withWitness { store, folder, _, remote in
            try await publish(store, 5, into: folder)
            let log = PublishedLog(folder: folder)
            let before = try log.checkpoint()
            let stranger = try StationKey.generate(name: "witness.example.com/w1")
            await #expect(throws: WitnessFault.forgedAnswer(witness: "witness.example.com/w1")) {
                _ = try await log.beSigned(by: stranger.witness) { try await remote.addCheckpoint($0) }
            }
            #expect(try log.checkpoint() == before)
        }
    }

    @Test func aWitnessThatIsNotThereIsSaidToBe() async throws {
        try await withWitness { store, folder, key, _ in
            try await publish(store, 1, into: folder)
            let nobody = RemoteWitness("http://127.0.0.1:1")
            await #expect(throws: ClientFault.self) {
                _ = try await PublishedLog(folder: folder).beSigned(by: key.witness) {
                    try await nobody.addCheckpoint($0)
                }
            }
        }
    }
}
