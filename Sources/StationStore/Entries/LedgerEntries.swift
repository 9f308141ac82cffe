import GRDB
import Ledger

/// The entries of a ledger, wherever they lie: the newest in rows of their own, older ones in sealed bundles of 256.
/// Everybody who reads entries reads them here.
///
/// Bound to one connection and one question, on its queue. Keeps the bundles that were opened last: who asks for one entry
/// mostly asks for its neighbours, and for the hashes beside it, next.
final class LedgerEntries {
    private let db: Database
    /// Entries below lie in bundles, the others in rows.
    let sealed: Int64
    /// How many entries there are.
    let size: Int64
    private var opened: [(number: Int64, bundle: EntryBundle, leaves: [TreeHash]?)] = []
    private static let mostOpened = 8

    init(_ db: Database) throws {
        self.db = db
        sealed = try Self.sealed(db)
        size = max(
            sealed,
            try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(seq) + 1 FROM ledger_entry")) ?? 0)
    }

    static let width = Int64(EntryBundle.width)

    /// Entries that lie in bundles: all below this one.
    static func sealed(_ db: Database) throws -> Int64 {
        let count =
            try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT max(number) + 1 FROM main.ledger_bundle")) ?? 0
        return count * width
    }

    /// An entry's bytes; nil when there is none of that number.
    /// - Throws: ``UnreadableBundle``
    func bytes(of sequence: Int64) throws -> [UInt8]? {
        if sequence < sealed {
            return try bundle(sequence / Self.width)?.entry(Int(sequence % Self.width))
        }
        let rows = try RawRows(
            db, "SELECT entry FROM ledger_entry WHERE seq = ?", [sequence], kept: true)
        var bytes: [UInt8]?
        while try rows.next() { bytes = Array(rows.blob(0)) }
        return bytes
    }

    /// The leaf hashes of the first `count` entries of a tile; fewer when they are not there.
    /// - Throws: ``UnreadableBundle``
    func leaves(tile: Int64, count: Int) throws -> [TreeHash] {
        let first = tile * Self.width
        if first < sealed {
            guard try bundle(tile) != nil, let place = opened.firstIndex(where: { $0.number == tile }) else {
                return []
            }
            let leaves = opened[place].leaves ?? opened[place].bundle.leaves
            opened[place].leaves = leaves
            return Array(leaves.prefix(count))
        }
        let rows = try RawRows(
            db, "SELECT leaf FROM ledger_entry WHERE seq >= ? AND seq < ? ORDER BY seq",
            [first, first + Int64(count)], kept: true)
        var leaves: [TreeHash] = []
        leaves.reserveCapacity(count)
        while try rows.next() {
            if let hash = rows.hash(0) { leaves.append(hash) }
        }
        return leaves
    }

    /// Hands out entries one after the other; what is missing is left out.
    /// - Parameters:
    ///   - range: sequence numbers.
    ///   - newestFirst: from the end to the beginning.
    ///   - body: the bytes are valid during the call only; false ends it.
    func forEach(
        in range: Range<Int64>, newestFirst: Bool = false,
        _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let range = range.clamped(to: 0..<max(size, 0))
        guard !range.isEmpty else { return }
        if newestFirst {
            guard try forEachRow(range.clamped(to: sealed..<max(sealed, size)), " DESC", body) else { return }
            var number = (min(range.upperBound, sealed) - 1) / Self.width
            while number >= 0, min(range.upperBound, sealed) > range.lowerBound,
                (number + 1) * Self.width > range.lowerBound
            {
                guard try forEachInBundle(number, range, newestFirst: true, body) else { return }
                number -= 1
            }
            return
        }
        var number = range.lowerBound / Self.width
        while number * Self.width < min(range.upperBound, sealed) {
            guard try forEachInBundle(number, range, newestFirst: false, body) else { return }
            number += 1
        }
        _ = try forEachRow(range.clamped(to: sealed..<max(sealed, size)), "", body)
    }

    private func forEachRow(
        _ range: Range<Int64>, _ order: String, _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        guard !range.isEmpty else { return true }
        let rows = try RawRows(
            db, "SELECT seq, entry FROM ledger_entry WHERE seq >= ? AND seq < ? ORDER BY seq\(order)",
            [range.lowerBound, range.upperBound])
        while try rows.next() {
            guard try body(rows.integer(0), rows.blob(1)) else { return false }
        }
        return true
    }

    private func forEachInBundle(
        _ number: Int64, _ range: Range<Int64>, newestFirst: Bool,
        _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        guard let bundle = try bundle(number) else { return true }
        let first = number * Self.width
        let inside = range.clamped(to: first..<first + Self.width)
        for offset in 0..<Int64(inside.count) {
            let sequence = newestFirst ? inside.upperBound - 1 - offset : inside.lowerBound + offset
            guard try bundle.withEntry(Int(sequence - first), { try body(sequence, $0) }) else {
                return false
            }
        }
        return true
    }

    /// A bundle, opened; nil when it isn't there.
    /// - Throws: ``UnreadableBundle``
    private func bundle(_ number: Int64) throws -> EntryBundle? {
        if let place = opened.firstIndex(where: { $0.number == number }) {
            // The one just used is the last to go.
            if place != opened.count - 1 { opened.append(opened.remove(at: place)) }
            return opened.last?.bundle
        }
        guard let bundle = try Self.open(number, db) else {
            if let archive = try ArchiveRow.newest(db), archive.entries > number * Self.width {
                throw StoreError.archived(entries: archive.entries, file: archive.file)
            }
            return nil
        }
        if opened.count == Self.mostOpened { opened.removeFirst() }
        opened.append((number, bundle, nil))
        return bundle
    }

    /// Reads and opens a bundle; nil when it isn't there.
    /// - Throws: ``UnreadableBundle``
    static func open(_ number: Int64, _ db: Database) throws -> EntryBundle? {
        let rows = try RawRows(
            db, "SELECT size, bytes FROM ledger_bundle WHERE number = ?", [number], kept: true)
        var result: Result<EntryBundle, EntryBundleFault>?
        while try rows.next() {
            let size = Int(rows.integer(0))
            let bytes = rows.blob(1)
            result = Result { () throws(EntryBundleFault) in try EntryBundle(opening: bytes, size: size) }
        }
        switch result {
        case nil: return nil
        case .success(let bundle): return bundle
        case .failure(let fault): throw UnreadableBundle(number: number, fault: fault)
        }
    }
}

/// A sealed bundle of entries that can't be opened.
struct UnreadableBundle: Error, CustomStringConvertible {
    let number: Int64
    let fault: EntryBundleFault

    /// Its entries.
    var range: ClosedRange<Int64> {
        number * LedgerEntries.width...number * LedgerEntries.width + LedgerEntries.width - 1
    }

    var description: String {
        "the sealed entries \(range.lowerBound) to \(range.upperBound) can't be read: \(fault)"
    }
}
