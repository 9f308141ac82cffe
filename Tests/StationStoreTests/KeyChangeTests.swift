import Foundation
import Ledger
import Testing

@testable import StationStore

@Suite struct KeyChangeTests {
    let station: TestStation
    let origin = StationStore.origin(station: "demo")

    init() throws { station = try TestStation() }

    private func open(_ key: StationKey) async throws -> StationStore {
        try await StationStore.open(at: station.path, key: key, clock: station.clock)
    }

    @Test func theOldKeySignsForTheNew() async throws {
        let store = try await station.create()
        try await store.append(.note(Note(text: "before")))
        let second = try StationKey.generate(name: origin)
        let handover = try await store.rotateKey(to: second, by: "Ada", reason: "yearly")
        #expect(handover.size == 3)
        try handover.verify(by: [station.key.verifier])
        try await store.append(.note(Note(text: "after")))
        let checkpoint = try await store.signCheckpoint()
        try checkpoint.verify(by: [second.verifier])
        #expect(try await store.reader.station().verifierKey == second.verifier.text)
        try await store.close()

        await #expect(
            throws: StoreError.wrongKey(expected: second.verifier.text, found: station.key.verifier.text)
        ) { _ = try await open(station.key) }
        let third = try StationKey.generate(name: origin)
        let again = try await open(second)
        _ = try await again.rotateKey(to: third, by: "Ada", reason: nil)
        // Opened right after a change, before the new key has signed anything.
        try await again.close()
        let last = try await open(third)
        try await last.append(.note(Note(text: "third")))
        _ = try await last.signCheckpoint()

        for trusted in [[], [station.key], [second], [third]] as [[StationKey]] {
            let report = try await last.reader.verify(trusting: trusted.map(\.verifier))
            #expect(report.findings == [])
            #expect(report.remarks.count == 2)
        }
        let stranger = try StationKey.generate(name: origin).verifier
        #expect(
            try await last.reader.verify(.chain, trusting: [stranger]).findings.first
                == .untrustedKey(found: third.verifier.text))
        for key in [station.key, second, third] {
            #expect(try await last.reader.leads(fromKey: key.verifier.text))
        }
        #expect(try await !last.reader.leads(fromKey: stranger.text))
        let bundle = try await last.reader.proof(ofEntries: [0, 1, 4])
        #expect(bundle.keys.count == 2)
        let read = try ProofBundle(json: bundle.json)
        #expect(read == bundle)
        for key in [station.key, second, third] { try read.verify(trusting: key.verifier) }
        #expect(throws: BundleFault.otherKey(expected: stranger.text, found: third.verifier.text)) {
            try read.verify(trusting: stranger)
        }
        try await last.close()
    }

    @Test func theOldKeySignsNothingAfterwards() async throws {
        let store = try await station.create()
        let second = try StationKey.generate(name: origin)
        _ = try await store.rotateKey(to: second, by: nil, reason: nil)
        try await store.append(.note(Note(text: "after")))
        let good = try await store.signCheckpoint()
        try await store.close()
        // Somebody who has the old key signs the present tree with it.
        let forged = try Checkpoint(size: good.size, root: good.root, signedBy: station.key)
        try station.sqlite3(
            "DROP TRIGGER ledger_checkpoint_never_changes; UPDATE ledger_checkpoint SET note = '\(forged.note.encoded)' WHERE size = \(good.size)"
        )
        let findings = try await StationReader.open(at: station.path).verify(.chain).findings
        #expect(findings.count == 1)
        guard case .checkpointForged(good.size, _) = findings.first else {
            Issue.record("\(findings)")
            return
        }
    }

    @Test func aLostKeyLeavesAGapThatIsNamed() async throws {
        let store = try await station.create()
        try await store.append(.note(Note(text: "before")))
        try await store.close()
        let new = try StationKey.generate(name: origin)
        let first = try await StationStore.replaceLostKey(
            at: station.path, with: new, by: "Ada", reason: "disk broke", clock: station.clock)
        try first.verify(by: [new.verifier])
        let again = try await open(new)
        let entry = try #require(try await again.reader.entries(EntryFilter(kinds: ["key.changed"])).first)
        #expect(entry.entry.contains("disk broke") && entry.entry.contains("blessing-station/demo\\n2\\n"))
        #expect(
            try await again.reader.verify(trusting: [station.key.verifier]).findings.first
                == .keyUnaccounted(sequence: 2, change: "replaced", found: new.verifier.text))
        #expect(try await again.reader.verify(trusting: [station.key.verifier, new.verifier]).findings == [])
        #expect(try await again.reader.verify(trusting: [new.verifier]).findings == [])
        #expect(try await !again.reader.leads(fromKey: station.key.verifier.text))
        #expect(try await again.reader.leads(fromKey: new.verifier.text))
        let bundle = try await again.reader.proof(ofEntries: [0])
        #expect(throws: BundleFault.keyGap(entry: 2, new: new.verifier.text)) {
            try bundle.verify(trusting: station.key.verifier)
        }
        try bundle.verify(trusting: new.verifier)
        try await again.close()
    }

    @Test func aRestoredRecordGoesOnUnderAnotherOrigin() async throws {
        let store = try await station.create()
        try await store.append(.note(Note(text: "in the backup")))
        try await store.close()
        let backup = try Data(contentsOf: URL(filePath: station.path))
        let later = try await station.open()
        try await later.append(.note(Note(text: "lost")))
        let known = try await later.signCheckpoint()
        try await later.close()
        try backup.write(to: URL(filePath: station.path))

        await #expect(throws: StoreError.self) { _ = try await station.open() }
        var opening = StationStore.Options()
        opening.acceptsRestored = true
        let restored = try await station.open(opening)
        let new = try StationKey.generate(name: origin + "/2")
        let first = try await restored.continueAfterRestore(
            as: new, known: known, by: "Ada", reason: "disk broke")
        #expect(first.origin == origin + "/2" && first.size == 3)
        try await restored.append(.note(Note(text: "goes on")))
        _ = try await restored.signCheckpoint()
        let entry = try #require(try await restored.reader.entries(EntryFilter(kinds: ["key.changed"])).first)
        #expect(entry.entry.contains(known.root.base64))
        // The old key signed for the new origin: whoever trusts it can follow.
        #expect(try await restored.reader.verify(trusting: [station.key.verifier]).findings == [])
        let bundle = try await restored.reader.proof(ofEntries: [0, 2, 3])
        try bundle.verify(trusting: station.key.verifier)
        #expect(bundle.checkpoint.origin == origin + "/2")
        try await restored.close()
    }

    @Test func aStatementThatLeadsElsewhereIsRefused() async throws {
        let store = try await station.create()
        let (mine, theirs) = (try StationKey.generate(name: origin), try StationKey.generate(name: origin))
        let stranger = try StationKey.generate(name: origin)
        func record(_ statement: KeyStatement, _ key: StationKey = mine) -> Record {
            .keyChanged(
                KeyChanged(
                    change: .rotated, verifierKey: key.verifier.text, note: statement.note.encoded, by: "Ada",
                    reason: "r", last: nil))
        }
        let now: Int64 = 1
        let wrong: [Record] = [
            // Another position, another old key, a key that the statement isn't about, another change.
            record(
                try KeyStatement(
                    change: "rotated", size: now + 1, old: station.key.verifier, oldKey: station.key,
                    new: mine)),
            record(
                try KeyStatement(
                    change: "rotated", size: now, old: stranger.verifier, oldKey: stranger, new: mine)),
            record(
                try KeyStatement(
                    change: "rotated", size: now, old: station.key.verifier, oldKey: station.key, new: theirs)
            ),
            record(
                try KeyStatement(
                    change: "replaced", size: now, old: station.key.verifier, oldKey: nil, new: mine)),
        ]
        for record in wrong { await #expect(throws: StoreError.self) { try await store.append(record) } }
        #expect(try await store.reader.station().ledgerSize == 1)
        #expect(throws: NoteError.self) {
            try KeyStatement(
                change: "rotated", size: now, old: station.key.verifier, oldKey: nil, new: mine)
        }
        try await store.close()
    }
}
