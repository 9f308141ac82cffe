import GRDB
import Ledger

/// The keys of a log, in order, and which of them signs for which size.
struct LogKeys: Sendable {
    struct Turn: Sendable {
        /// Checkpoints over more entries than this are signed by the key.
        let after: Int64
        let key: VerifierKey
        /// Nil for the first.
        let statement: KeyStatement?
    }

    let turns: [Turn]

    /// From the projection; empty before the ledger begins.
    /// - Throws: ``StoreError/tampered(path:detail:)`` when a row can't be read.
    init(_ db: Database, path: String) throws {
        var turns: [Turn] = []
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT seq, vkey, note FROM log_key ORDER BY seq"))
        for row in rows {
            do {
                let statement = try (row["note"] as String?).map { try KeyStatement(parsing: $0) }
                turns.append(
                    Self.turn(row["seq"], try VerifierKey(text: row["vkey"]), statement))
            } catch {
                throw StoreError.tampered(path: path, detail: "its list of keys can't be read: \(error)")
            }
        }
        self.turns = turns
    }

    /// - Parameter turns: the first without a statement.
    init(turns: [Turn]) { self.turns = turns }

    static func turn(_ sequence: Int64, _ key: VerifierKey, _ statement: KeyStatement?) -> Turn {
        // The old key signs for the entry in which it hands over; a lost one can't.
        let after =
            switch statement?.change {
            case nil: Int64(0)
            case "rotated": sequence + 1
            default: sequence
            }
        return Turn(after: after, key: key, statement: statement)
    }

    var current: VerifierKey? { turns.last?.key }

    /// The key that has to have signed a checkpoint over so many entries.
    func key(forSize size: Int64) -> VerifierKey? { turns.last { size > $0.after }?.key }

    /// The statements that lead from the first key to the present one.
    var statements: [KeyStatement] { turns.compactMap(\.statement) }
}
