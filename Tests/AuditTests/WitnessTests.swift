import Foundation
import Ledger
import StationStore
import Testing

@testable import Audit

@Suite struct WitnessTests {
    let folder: URL
    let logKey: StationKey
    let witness: Witness
    let witnessKey: StationKey

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "witness-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        logKey = try StationKey.generate(name: StationStore.origin(station: "demo"))
        witnessKey = try StationKey.generate(name: "witness.example.com/w1")
        witness = Witness(key: witnessKey, folder: folder.appending(path: "w").path)
        try witness.follow(logKey.verifier)
    }

    private var published: String { folder.appending(path: "log").path }
    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func store(_ name: String = "a.db") async throws -> StationStore {
        try await StationStore.create(at: path(name), station: "demo", key: logKey, program: "1")
    }

    private func grow(_ store: StationStore, _ count: Int, _ word: String = "n") async throws {
        for number in 0..<count { _ = store.enqueue(.note(Note(text: "\(word) \(number)"))) }
        try await store.flush()
        _ = try await store.signCheckpoint()
    }

    private func publish(_ store: StationStore) async throws {
        _ = try await TilePublication(
            reader: store.reader, folder: published, witnesses: [witnessKey.witness]
        ).bringUpToDate()
    }

    /// The example of C2SP tlog-cosignature: the key's hash covers name, type and key.
    @Test func theKeyReadsBackAndIsNoLogKey() throws {
        let key = witnessKey.witness
        #expect(try WitnessKey(text: key.text) == key)
        #expect(key.keyHash != witnessKey.verifier.keyHash)
        #expect(throws: KeyError.self) { try WitnessKey(text: witnessKey.verifier.text) }
        #expect(throws: KeyError.self) { try VerifierKey(text: key.text) }
        for damaged in ["", "a", "a+00000000+", key.text + "x", key.text.replacing("w1", with: "w2")] {
            #expect(throws: KeyError.self) { try WitnessKey(text: damaged) }
        }
    }

    @Test func theSignedMessageIsThatOfC2SP() throws {
        let checkpoint = try Checkpoint(size: 3, root: TreeHash.emptyTree, signedBy: logKey)
        let cosignature = try #require(Cosignature(of: checkpoint, at: 1_679_315_147, by: witnessKey))
        #expect(cosignature.signature.bytes.count == 72)
        #expect(cosignature.signature.bytes.prefix(8).elementsEqual([0, 0, 0, 0, 0x64, 0x18, 0x50, 0xCB]))
        // A plain note signature by the same secret over the two lines and the text is the same signature.
        let note = try SignedNote(
            text: "cosignature/v1\ntime 1679315147\n" + checkpoint.note.text, signedBy: witnessKey)
        #expect(Array(cosignature.signature.bytes[8...]) == note.signatures[0].bytes)
        for index in cosignature.signature.bytes.indices {
            var bytes = cosignature.signature.bytes
            bytes[index] ^= 1
            let changed = SignedNote.Signature(
                name: witnessKey.name, keyHash: witnessKey.witness.keyHash, bytes: bytes)
            #expect(Cosignature(changed, over: checkpoint.note.text, by: witnessKey.witness) == nil)
        }
        #expect(
            Cosignature(cosignature.signature, over: checkpoint.note.text + "x\n", by: witnessKey.witness)
                == nil)
    }

    @Test func aLogThatGrowsIsSignedForAgainAndAgain() async throws {
        let store = try await store()
        var time: Int64 = 1_800_000_000
        for count in [1, 7, 300, 5, 700] {
            try await grow(store, count)
            try await publish(store)
            time += 60
            let cosignature = try await PublishedLog(folder: published).beSigned(by: witness, now: time)
            let checkpoint = try PublishedLog(folder: published).checkpoint()
            #expect(checkpoint.cosignatures(by: [witnessKey.witness]) == [cosignature])
            try checkpoint.verify(by: [logKey.verifier])
            #expect(try StationStore.keep([cosignature], of: checkpoint.size, at: store.path) == 1)
            #expect(try StationStore.keep([cosignature], of: checkpoint.size, at: store.path) == 0)
            // Published again, it still carries what the witness signed.
            try await publish(store)
            #expect(
                try PublishedLog(folder: published).checkpoint().cosignatures(by: [witnessKey.witness]).count
                    == 1)
        }
        let kept = try await store.reader.cosignatures(by: [witnessKey.witness])
        #expect(kept.good.count == 5 && kept.bad == 0)
        #expect(kept.good.map(\.timestamp) == kept.good.map(\.timestamp).sorted())
        let stranger = try StationKey.generate(name: "witness.example.com/w1").witness
        #expect(try await store.reader.cosignatures(by: [stranger]).good == [])
        #expect(try await store.reader.verify().findings == [])
        try await store.close()
    }

    /// A proof carries the word of the first witness who saw its entries; the script of strangers reads it.
    @Test func aProofSaysByWhenItsEntriesExisted() async throws {
        let store = try await store()
        try await grow(store, 40)
        try await publish(store)
        for time: Int64 in [1_800_000_000, 1_800_000_600] {
            let done = try await PublishedLog(folder: published).beSigned(by: witness, now: time)
            try StationStore.keep(
                [done], of: try PublishedLog(folder: published).checkpoint().size, at: store.path)
            try await grow(store, 400)
            try await publish(store)
        }
        let early = try await store.reader.proof(ofEntries: [3])
        #expect(early.checkpoint.size == 41)
        #expect(early.checkpoint.cosignatures(by: [witnessKey.witness]).map(\.timestamp) == [1_800_000_000])
        try early.verify(trusting: logKey.verifier)
        #expect(try ProofBundle(json: early.json) == early)
        let later = try await store.reader.proof(ofEntries: [3, 41])
        #expect(later.checkpoint.cosignatures(by: [witnessKey.witness]).map(\.timestamp) == [1_800_000_600])
        let last = try await store.reader.proof(ofEntries: [500])
        #expect(last.checkpoint.cosignatures(by: [witnessKey.witness]) == [])

        let said = try script(early, logKey.verifier.text, witnessKey.witness.text)
        #expect(said.status == 0)
        #expect(said.output.hasSuffix("they existed by 2027-01-15 08:00:00Z, says witness.example.com/w1\n"))
        let stranger = try StationKey.generate(name: "witness.example.com/w1")
        #expect(try script(early, logKey.verifier.text, stranger.witness.text).status == 1)
        #expect(try script(last, logKey.verifier.text, witnessKey.witness.text).status == 1)
        // Another time than the one that was signed.
        let line = try #require(early.checkpoint.note.signatures.last)
        var bytes = line.bytes
        bytes[7] ^= 1
        let forged = SignedNote.Signature(name: line.name, keyHash: line.keyHash, bytes: bytes)
        let text = String(decoding: early.json, as: UTF8.self).replacing(
            line.encoded.dropLast(), with: forged.encoded.dropLast())
        let bundle = try ProofBundle(json: Array(text.utf8))
        #expect(bundle.checkpoint.cosignatures(by: [witnessKey.witness]) == [])
        #expect(try script(bundle, logKey.verifier.text, witnessKey.witness.text).status == 1)
        try await store.close()
    }

    private func script(_ bundle: ProofBundle, _ words: String...) throws -> (status: Int32, output: String) {
        let file = path("bundle.json")
        try Data(bundle.json).write(to: URL(fileURLWithPath: file))
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["python3", "-B", root.appending(path: "docs/verify-proof.py").path, file] + words
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func aForkIsNotSignedFor() async throws {
        let first = try await store("a.db")
        try await grow(first, 20)
        try await publish(first)
        _ = try await PublishedLog(folder: published).beSigned(by: witness, now: 1_800_000_000)
        try await first.close()
        // The same station, begun anew: longer, and another history.
        let second = try await store("b.db")
        try await grow(second, 50, "other")
        try FileManager.default.removeItem(atPath: published)
        try await publish(second)
        let error = await #expect(throws: WitnessFault.self) {
            try await PublishedLog(folder: published).beSigned(by: witness, now: 1_800_000_100)
        }
        guard case .refused(status: 422, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // Shorter: restored from a backup.
        let third = try await store("c.db")
        try await grow(third, 3)
        try FileManager.default.removeItem(atPath: published)
        try await publish(third)
        let shorter = await #expect(throws: WitnessFault.self) {
            try await PublishedLog(folder: published).beSigned(by: witness, now: 1_800_000_200)
        }
        guard case .refused(status: 409, _) = shorter else {
            Issue.record("\(String(describing: shorter))")
            return
        }
        #expect(try witness.last(of: logKey.name)?.size == 21)
        try await second.close()
        try await third.close()
    }

    /// The status codes of C2SP tlog-witness, in a table.
    @Test func requestsAreAnsweredAsC2SPSays() async throws {
        let store = try await store()
        try await grow(store, 9)
        try await publish(store)
        let log = PublishedLog(folder: published)
        let good = try log.request(from: 0)
        let checkpoint = try log.checkpoint()
        let unknown = try Checkpoint(
            size: 1, root: TreeHash.emptyTree, signedBy: try StationKey.generate(name: "x"))
        let forged = try Checkpoint(
            size: 10, root: checkpoint.root, signedBy: try StationKey.generate(name: logKey.name))
        func answer(_ request: String) throws -> Int {
            try witness.addCheckpoint(request, now: 1_800_000_000).status
        }
        #expect(try answer("") == 400)
        #expect(try answer("old 1\n") == 400)
        #expect(try answer("old -1\n\n" + checkpoint.note.encoded) == 400)
        #expect(try answer("old 01\n\n" + checkpoint.note.encoded) == 400)
        #expect(try answer("old 11\n\n" + checkpoint.note.encoded) == 400)
        #expect(try answer("old 0\nxyz\n\n" + checkpoint.note.encoded) == 400)
        #expect(
            try answer(
                "old 0\n" + String(repeating: checkpoint.root.base64 + "\n", count: 64) + "\n"
                    + checkpoint.note.encoded) == 400)
        #expect(try answer("old 0\n\n" + unknown.note.encoded) == 404)
        #expect(try answer("old 0\n\n" + forged.note.encoded) == 403)
        #expect(try answer("old 3\n\n" + checkpoint.note.encoded) == 409)
        #expect(try answer("old 0\n" + checkpoint.root.base64 + "\n\n" + checkpoint.note.encoded) == 422)
        #expect(try witness.last(of: logKey.name) == nil)
        #expect(try answer(good) == 200)
        let again = try witness.addCheckpoint(good, now: 1_800_000_001)
        #expect(again.status == 409 && again.body == "10\n" && again.contentType == "text/x.tlog.size")
        // The same size again is signed anew, with a new time.
        #expect(try answer(try log.request(from: 10)) == 200)
        try await store.close()
    }

    @Test(
        arguments: [
            (entry: 1000, witnessed: 1000, now: 1010, isDoubted: false), (1000, 1050, 1060, false),
            (1000, 950, 1010, false), (1000, 900, 1010, true), (1000, 1100, 1010, true),
            (1000, 1100, 1041, false),
        ] as [(entry: Int64, witnessed: Int64, now: Int64, isDoubted: Bool)])
    func clocksThatContradictAWitnessAreDoubted(
        _ row: (entry: Int64, witnessed: Int64, now: Int64, isDoubted: Bool)
    ) throws {
        let checkpoint = try Checkpoint(size: 3, root: TreeHash.emptyTree, signedBy: logKey)
        let cosignature = try #require(Cosignature(of: checkpoint, at: row.witnessed, by: witnessKey))
        let doubt = TrustedTime.doubt(cosignature, lastEntryAt: row.entry * 1000, now: row.now * 1000)
        #expect((doubt != nil) == row.isDoubted)
        if let doubt { #expect(doubt.expected == row.witnessed * 1000 && doubt.source == witnessKey.name) }
    }
}
