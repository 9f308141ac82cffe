import Foundation
import Testing

@testable import Ledger

/// A proof bundle with something changed anywhere, of a log whose key was changed twice: program and script refuse it.
@Suite struct ProofBitTests {
    struct Sample {
        let bundle: ProofBundle
        let keys: [StationKey]
    }

    static func sample(lost: Bool = false) throws -> Sample {
        let name = "blessing-station/demo"
        let keys = try (0..<3).map { _ in try StationKey.generate(name: name) }
        let first = try KeyStatement(
            change: "rotated", size: 2, old: keys[0].verifier, oldKey: keys[0], new: keys[1])
        let second = try KeyStatement(
            change: lost ? "replaced" : "rotated", size: 4, old: keys[1].verifier,
            oldKey: lost ? nil : keys[1],
            new: keys[2])
        let entries = (0..<7).map { index in
            EntryEnvelope.encode(
                sequence: Int64(index), at: 1_700_000_000_000, station: "demo", kind: "note",
                record: Array(#"{"text":"entry \#(index)"}"#.utf8))
        }
        var tree = GrowingTree()
        var source = MemoryTiles(leaves: [])
        for entry in entries {
            source.leaves.append(TreeHash.leaf(entry))
            source.nodes += tree.append(TreeHash.leaf(entry))
        }
        var tiled = TiledTree(size: tree.size, source: source)
        let proven = try [Int64(1), 5].map { index in
            ProofBundle.ProvenEntry(
                index: index, entry: String(decoding: entries[Int(index)], as: UTF8.self),
                proof: try tiled.inclusionProof(of: index))
        }
        let bundle = ProofBundle(
            entries: proven,
            checkpoint: try Checkpoint(size: tree.size, root: tree.root, signedBy: keys[2]),
            verifier: keys[2].verifier, keys: [first, second])
        return Sample(bundle: bundle, keys: keys)
    }

    private func accepts(_ json: [UInt8], _ trusted: VerifierKey?) -> Bool {
        (try? ProofBundle(json: json).verify(trusting: trusted)) != nil
    }

    @Test func everyByteCounts() throws {
        let sample = try Self.sample()
        let json = sample.bundle.json
        for trusted in sample.keys.map(\.verifier) + [nil] { #expect(accepts(json, trusted)) }
        for index in json.indices {
            for bit: UInt8 in [0x01, 0x20] {
                var changed = json
                changed[index] ^= bit
                let text = String(
                    decoding: changed[max(0, index - 20)...min(json.count - 1, index + 20)], as: UTF8.self)
                #expect(!accepts(changed, sample.keys[0].verifier), "byte \(index) in \(text)")
            }
        }
    }

    /// The fields of a bundle, and where a changed one may be noticed first.
    static let fields: [(path: String, noticed: [String])] = [
        ("format", ["format"]), ("vkey", ["vkey", "keys"]), ("checkpoint", ["checkpoint"]),
        ("keys.0", ["keys"]), ("keys.1", ["keys"]), ("entries.0.entry", ["entries"]),
        ("entries.0.index", ["entries"]), ("entries.0.proof.0", ["entries"]),
        ("entries.0.proof.1", ["entries"]),
        ("entries.0.proof.2", ["entries"]), ("entries.1.entry", ["entries"]),
        ("entries.1.index", ["entries"]),
        ("entries.1.proof.0", ["entries"]), ("entries.1.proof.2", ["entries"]),
    ]

    /// The script changes one character after the other of every field, drops the field, and says where it noticed.
    @Test func theScriptNoticesEveryFieldToo() throws {
        let sample = try Self.sample()
        let program = """
            import copy, importlib.util, json, sys
            spec = importlib.util.spec_from_file_location("proof", sys.argv[1])
            proof = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(proof)
            bundle = json.load(sys.stdin)
            trusted = sys.argv[2]
            assert proof.verify(bundle, trusted)[0] == 2 and proof.verify(bundle)[0] == 2
            for line in sys.argv[3:]:
                steps = [int(s) if s.isdigit() else s for s in line.split(".")]
                def change(value):
                    changed = copy.deepcopy(bundle)
                    place = changed
                    for step in steps[:-1]: place = place[step]
                    if value is None: del place[steps[-1]]
                    else: place[steps[-1]] = value
                    try:
                        proof.verify(changed, trusted)
                    except proof.FAULTS as error:
                        return str(error).partition(":")[0]
                    return "ACCEPTED " + repr(value)
                old = bundle
                for step in steps: old = old[step]
                values = [None, [], {}, 7.5, ""]
                if isinstance(old, str):
                    step = max(1, len(old) // 12)
                    for i in list(range(0, len(old), step)) + [len(old) - 2]:
                        values.append(old[:i] + chr(ord(old[i]) ^ 1) + old[i + 1:])
                    values += [old + "A", old[:-1], old[1:]]
                else:
                    values += [old + 1, old - 1, -old, str(old), old + 7]
                print(line, *sorted({change(value) for value in values}))
            """
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/verify-proof.py").path
        let file = FileManager.default.temporaryDirectory.appending(path: "bundle-\(UUID().uuidString).json")
        try Data(sample.bundle.json).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["python3", "-B", "-c", program, script, sample.keys[0].verifier.text] + Self.fields.map(\.path)
        process.standardInput = try FileHandle(forReadingFrom: file)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(output)")
        let lines = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.count == Self.fields.count, "\(output)")
        for (field, words) in zip(Self.fields, lines) {
            #expect(words.first == field.path)
            // A field that is gone is noticed as a missing member, or one that has no place.
            let others = Set(words.dropFirst()).subtracting(field.noticed).subtracting(["members", "format"])
            #expect(others == [], "\(field.path) was noticed in \(others)")
        }
    }

    @Test func aLostKeyIsAGapForWhoeverTrustsTheKeyBefore() throws {
        let sample = try Self.sample(lost: true)
        #expect(accepts(sample.bundle.json, sample.keys[2].verifier) && accepts(sample.bundle.json, nil))
        for key in sample.keys.prefix(2) {
            #expect(throws: BundleFault.keyGap(entry: 4, new: sample.keys[2].verifier.text)) {
                try sample.bundle.verify(trusting: key.verifier)
            }
        }
    }

    @Test func statementsMustFollowEachOther() throws {
        let (mine, other) = (try Self.sample(), try Self.sample())
        let wrong: [[KeyStatement]] = [
            [], [mine.bundle.keys[0]], [mine.bundle.keys[1], mine.bundle.keys[0]],
            [other.bundle.keys[0], mine.bundle.keys[1]], [mine.bundle.keys[0], other.bundle.keys[1]],
            [mine.bundle.keys[1], mine.bundle.keys[1]],
        ]
        for keys in wrong {
            let bundle = ProofBundle(
                entries: mine.bundle.entries, checkpoint: mine.bundle.checkpoint,
                verifier: mine.bundle.verifier,
                keys: keys)
            #expect(throws: BundleFault.self) { try bundle.verify(trusting: mine.keys[0].verifier) }
        }
    }
}
