import Ledger
import Testing
import TimeAndChance

@Suite struct EntryBundleTests {
    /// Entries as a station writes them, of any length.
    private func entries(_ seed: UInt64) -> [[UInt8]] {
        var dice = SeededGenerator(seed: seed)
        return (0..<EntryBundle.width).map { index in
            let text = String(
                repeating: ["a", "\\n", "],[", "é", "\\\""][Int(dice.next() % 5)],
                count: Int(dice.next() % 60))
            return Array(
                "{\"at\":\(dice.next() % 1_000_000),\"record\":{\"text\":\"\(text)\"},\"seq\":\(index)}".utf8)
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func whatIsPackedComesOutAgain(seed: UInt64) throws {
        let entries = entries(seed)
        let packed = try EntryBundle.pack(entries)
        let bundle = try EntryBundle(opening: packed.bytes, size: packed.size)
        #expect((0..<EntryBundle.width).allSatisfy { bundle.entry($0) == entries[$0] }, "seed \(seed)")
        #expect(bundle.leaves == entries.map { TreeHash.leaf($0) }, "seed \(seed)")
        #expect(bundle.root == CompactRange.root(ofPerfectTree: bundle.leaves[...]))
        #expect(
            (0..<EntryBundle.width).allSatisfy { index in
                bundle.withEntry(index) { Array($0) } == entries[index]
            })
    }

    /// The text is a JSON list, for those who have nothing but zlib and a JSON parser.
    @Test func theTextIsAList() throws {
        let entries = entries(1)
        let text = "[" + entries.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",\n") + "]"
        #expect(try EntryBundle.pack(entries).size == text.utf8.count)
        guard case .array(let elements) = try JSONValue(parsing: Array(text.utf8)) else {
            Issue.record("no list")
            return
        }
        #expect(elements.count == EntryBundle.width)
    }

    @Test func onlyWholeGroupsOfLinesArePacked() {
        let all = entries(2)
        #expect(throws: EntryBundleFault.wrongCount(255)) { _ = try EntryBundle.pack(Array(all.dropLast())) }
        #expect(throws: EntryBundleFault.wrongCount(257)) { _ = try EntryBundle.pack(all + [all[0]]) }
        var broken = all
        broken[7] = Array("{\n}".utf8)
        #expect(throws: EntryBundleFault.notALine(7)) { _ = try EntryBundle.pack(broken) }
        broken[7] = []
        #expect(throws: EntryBundleFault.notALine(7)) { _ = try EntryBundle.pack(broken) }
    }

    /// A bit that changes anywhere is found, at the latest by the tree.
    @Test func everyChangedBitIsFound() throws {
        let packed = try EntryBundle.pack(entries(3))
        let root = try EntryBundle(opening: packed.bytes, size: packed.size).root
        var dice = SeededGenerator(seed: 4)
        let places = Set(
            (0..<12).map { $0 } + (packed.bytes.count - 6..<packed.bytes.count)
                + (0..<200).map { _ in Int.random(in: 0..<packed.bytes.count, using: &dice) })
        for place in places {
            var bytes = packed.bytes
            bytes[place] ^= 1 << UInt8(dice.next() % 8)
            let changed = try? EntryBundle(opening: bytes, size: packed.size)
            // The last byte of the deflated data may end in bits that mean nothing.
            if place == packed.bytes.count - 5 { continue }
            #expect(changed == nil || changed?.root != root, "byte \(place)")
        }
    }

    @Test func wrongSizesAndLengthsAreRefused() throws {
        let packed = try EntryBundle.pack(entries(5))
        for size in [packed.size - 1, packed.size + 1, 0, -1, 1, EntryBundle.longestText + 1, .max] {
            #expect(throws: EntryBundleFault.self, "\(size)") {
                _ = try EntryBundle(opening: packed.bytes, size: size)
            }
        }
        for bytes in [
            [], Array(packed.bytes.dropLast()), packed.bytes + [0], Array(packed.bytes.prefix(20)),
            [UInt8](repeating: 0, count: 100),
        ] {
            #expect(throws: EntryBundleFault.self) { _ = try EntryBundle(opening: bytes, size: packed.size) }
        }
    }
}
