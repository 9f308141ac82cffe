import Foundation
import Testing

@testable import Ledger

@Suite struct ProofBundleTests {
    static func bundle(entries count: Int = 300, proving indices: [Int64] = [0, 17, 299]) throws
        -> ProofBundle
    {
        let key = try StationKey.generate(name: "blessing-station/demo")
        let entries = (0..<count).map { index in
            EntryEnvelope.encode(
                sequence: Int64(index), at: 1_700_000_000_000, station: "demo", kind: "note",
                record: Array(#"{"text":"entry \#(index), é \"quoted\""}"#.utf8))
        }
        var tree = GrowingTree()
        var source = MemoryTiles(leaves: [])
        for entry in entries {
            source.leaves.append(TreeHash.leaf(entry))
            source.nodes += tree.append(TreeHash.leaf(entry))
        }
        var tiled = TiledTree(size: tree.size, source: source)
        return ProofBundle(
            entries: try indices.map { index in
                ProofBundle.ProvenEntry(
                    index: index, entry: String(decoding: entries[Int(index)], as: UTF8.self),
                    proof: try tiled.inclusionProof(of: index))
            },
            checkpoint: try Checkpoint(size: tree.size, root: tree.root, signedBy: key),
            verifier: key.verifier)
    }

    @Test func aBundleVerifiesAndReadsBack() throws {
        let bundle = try Self.bundle()
        try bundle.verify()
        try bundle.verify(trusting: bundle.verifier)
        let again = try ProofBundle(json: bundle.json)
        #expect(again == bundle)
        #expect(try JSONValue(parsing: bundle.json).canonicalBytes == bundle.json)
        try again.verify(trusting: bundle.verifier)
        let stranger = try StationKey.generate(name: "blessing-station/demo").verifier
        #expect(throws: BundleFault.otherKey(expected: stranger.text, found: bundle.verifier.text)) {
            try bundle.verify(trusting: stranger)
        }
    }

    /// One bit changed anywhere, in every member of the file.
    @Test func everyChangedByteIsNoticed() throws {
        let bundle = try Self.bundle(entries: 5, proving: [2])
        let json = bundle.json
        for index in json.indices {
            var changed = json
            changed[index] ^= 0x01
            #expect(throws: BundleFault.self, "byte \(index): \(String(decoding: changed, as: UTF8.self))") {
                try ProofBundle(json: changed).verify(trusting: bundle.verifier)
            }
        }
    }

    @Test func anEntryMovedToAnotherPlaceIsNoticed() throws {
        let bundle = try Self.bundle()
        let moved = bundle.entries.map {
            ProofBundle.ProvenEntry(index: $0.index ^ 1, entry: $0.entry, proof: $0.proof)
        }
        #expect(throws: BundleFault.notIncluded(index: 1)) {
            try ProofBundle(entries: moved, checkpoint: bundle.checkpoint, verifier: bundle.verifier).verify()
        }
    }

    @Test func entriesOfAnotherLogAreNoticed() throws {
        let (mine, other) = (try Self.bundle(), try Self.bundle(entries: 301))
        #expect(throws: BundleFault.self) {
            try ProofBundle(entries: other.entries, checkpoint: mine.checkpoint, verifier: mine.verifier)
                .verify()
        }
        #expect(throws: BundleFault.self) {
            try ProofBundle(entries: mine.entries, checkpoint: mine.checkpoint, verifier: other.verifier)
                .verify()
        }
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"checkpoint":1,"entries":[],"format":"blessing-station-proof/1","vkey":""}"#,
    ])
    func whatIsNoBundleIsRefused(json: String) {
        #expect(throws: BundleFault.self) { try ProofBundle(json: Array(json.utf8)) }
    }

    /// The script that strangers use comes to the same conclusions.
    @Test func thePythonScriptAgrees() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/verify-proof.py").path
        let bundle = try Self.bundle(entries: 1000, proving: [0, 1, 511, 512, 999])
        let path = FileManager.default.temporaryDirectory.appending(path: "bundle-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: path) }
        func verdict(_ json: [UInt8], _ arguments: [String] = []) throws -> (status: Int32, output: String) {
            try Data(json).write(to: path)
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", script, path.path] + arguments
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
        }
        let good = try verdict(bundle.json, [bundle.verifier.text])
        #expect(good.status == 0, "\(good.output)")
        #expect(good.output == "5 entries are in the log blessing-station/demo of 1000 entries\n")
        #expect(try verdict(bundle.json, [try StationKey.generate(name: "x").verifier.text]).status == 1)

        let text = String(decoding: bundle.json, as: UTF8.self)
        let changes = [
            ("entry 511", "entry 512"), ("\"index\":511", "\"index\":510"), ("\\n1000\\n", "\\n1001\\n"),
            ("proof/1", "proof/2"), ("blessing-station/demo+", "blessing-station/dema+"),
        ]
        for (old, new) in changes {
            #expect(text.contains(old))
            let bad = try verdict(Array(text.replacingOccurrences(of: old, with: new).utf8))
            #expect(bad.status == 1 && bad.output.hasPrefix("NOT PROVED"), "\(old): \(bad.output)")
        }
        // A bit in the middle of the signature, and of the proof.
        for marker in ["blessing-station/demo ", "\"proof\":[\""] {
            var bytes = bundle.json
            let start = try #require(text.range(of: marker)).upperBound
            let offset = text.utf8.distance(from: text.utf8.startIndex, to: start) + 20
            bytes[offset] = bytes[offset] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(try verdict(bytes).status == 1, "\(marker)")
        }
    }
}
