import Foundation
import GRDB
import Ledger

/// Packs old entries: 256 rows become one bundle, in the transaction that is under way, so that at every instant either
/// all of the rows or the bundle is there.
enum Sealing {
    /// Full tiles at the end that stay in rows: what is asked for most, and the tail that an opening reads.
    static let plainTiles: Int64 = 1

    /// Bundles that can be sealed now: full, signed, and not among the newest.
    /// - Parameters:
    ///   - size: entries in the ledger.
    ///   - signed: entries under the last checkpoint.
    ///   - plain: full tiles at the end that stay.
    static func pending(
        _ db: Database, size: Int64, signed: Int64, keeping plain: Int64 = plainTiles
    ) throws -> Range<Int64> {
        let width = LedgerEntries.width
        let first = try LedgerEntries.sealed(db) / width
        return first..<max(first, min(size / width - plain, signed / width))
    }

    /// Seals what can be sealed.
    /// - Parameter most: bundles after which it stops; each takes a few milliseconds.
    /// - Returns: how many were sealed.
    /// - Throws: `StoreError.tampered` when what would be kept is not what was hashed; nothing is sealed then.
    @discardableResult
    static func seal(
        _ db: Database, path: String, size: Int64, signed: Int64, most: Int = .max,
        keeping plain: Int64 = plainTiles
    ) throws -> Int {
        let numbers = try pending(db, size: size, signed: signed, keeping: plain).prefix(most)
        guard !numbers.isEmpty else { return 0 }
        // Entries hold no names, so their freed pages need not be overwritten: that would write everything once more.
        try db.execute(sql: "PRAGMA secure_delete = OFF")
        defer { try? db.execute(sql: "PRAGMA secure_delete = ON") }
        for number in numbers { try seal(number, db, path: path) }
        return numbers.count
    }

    private static func seal(_ number: Int64, _ db: Database, path: String) throws {
        let (first, end) = (number * LedgerEntries.width, (number + 1) * LedgerEntries.width)
        var entries: [[UInt8]] = []
        entries.reserveCapacity(EntryBundle.width)
        let rows = try RawRows(
            db, "SELECT entry FROM ledger_entry WHERE seq >= ? AND seq < ? ORDER BY seq", [first, end],
            kept: true)
        while try rows.next() { entries.append(Array(rows.blob(0))) }
        func wrong(_ detail: String) -> StoreError {
            .tampered(path: path, detail: "the entries \(first) to \(end - 1) can't be sealed: \(detail)")
        }
        let packed: EntryBundle.Packed
        let root: TreeHash
        do throws(EntryBundleFault) {
            packed = try EntryBundle.pack(entries)
            // What was packed is opened again and hashed: the rows go only when the tree itself says that they are in there.
            root = try EntryBundle(opening: packed.bytes, size: packed.size).root
        } catch { throw wrong("\(error)") }
        let node = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT hash FROM ledger_node WHERE level = 1 AND position = ?"),
            arguments: [number])
        let stored = try node?.withUnsafeData(atIndex: 0) { data in data.flatMap { TreeHash(bytes: $0) } }
        guard let stored, stored == root else { throw wrong("they are not those that were hashed") }
        try db.cachedStatement(sql: "INSERT INTO ledger_bundle (number, size, bytes) VALUES (?, ?, ?)")
            .execute(
                arguments: [number, packed.size, packed.bytes.withUnsafeBufferPointer { Data(buffer: $0) }])
        try db.cachedStatement(sql: "DELETE FROM ledger_entry WHERE seq >= ? AND seq < ?")
            .execute(arguments: [first, end])
        guard db.changesCount == EntryBundle.width else { throw wrong("some of them are missing") }
    }
}
