import Foundation
import GRDB
import StationStore

extension PeopleBook {
    /// What has happened and isn't in the record yet, oldest first. Whoever holds the record writes these down and then
    /// says so with ``recorded(upTo:)``; until then they wait in the file, whichever process made them.
    public func unrecordedFacts(limit: Int = 1000) throws -> [PeopleFact] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM fact ORDER BY number LIMIT ?", arguments: [limit])
                .compactMap(Self.fact)
        }
    }

    /// The facts up to this number are durable in the record.
    public func recorded(upTo number: Int64) throws {
        try change { db, _ in
            try db.execute(sql: "DELETE FROM fact WHERE number <= ?", arguments: [number])
        }
    }

    /// Writes everything that waits into the record; names are sealed there.
    /// - Returns: how many facts went in.
    @discardableResult
    public func recordFacts(in store: StationStore) async throws -> Int {
        var count = 0
        while true {
            let facts = try unrecordedFacts(limit: 256)
            guard let last = facts.last else { return count }
            // Handed in together, so that they share a commit.
            let tickets = facts.map { store.enqueue($0.record) }
            for ticket in tickets { _ = try await ticket.receipt }
            try recorded(upTo: last.number)
            count += facts.count
        }
    }

    /// Writes a fact down in the transaction that makes it true.
    func note(
        _ db: Database, at: Int64, _ act: PeopleFact.Act, person: String?, by author: Author,
        detail: [String: String] = [:]
    ) throws {
        let json = try JSONEncoder().encode(detail)
        try db.execute(
            sql: "INSERT INTO fact (at, act, person, by, place, detail) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                at, act.rawValue, person, author.person, author.place, String(decoding: json, as: UTF8.self),
            ])
    }

    static func fact(_ row: Row) -> PeopleFact? {
        guard let act = PeopleFact.Act(rawValue: row["act"]) else { return nil }
        let json = Data((row["detail"] as String).utf8)
        return PeopleFact(
            number: row["number"], at: row["at"], act: act, person: row["person"],
            author: Author(person: row["by"], place: row["place"]),
            detail: (try? JSONDecoder().decode([String: String].self, from: json)) ?? [:])
    }
}
