/// Something at the plant that contradicts itself. It is kept as a row until a person has answered it, and nothing is
/// merged in the meantime.
public struct PlantAlarm: Sendable, Equatable, Codable {
    /// What kind of contradiction.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The station's log is not the one that was sent before.
        case fork
        /// The station's log ends before the one that was sent: most likely restored from a backup.
        case setBack = "set-back"
        /// An entry was sent again with other bytes.
        case contradiction
        /// Entries are missing at the plant below the station's head.
        case gap
        /// Another key than the one with which the station was admitted.
        case otherKey = "other-key"
        /// A checkpoint that the station did not sign, or that doesn't fit its entries.
        case forgedHead = "forged-head"
        /// One device was blessed at two stations.
        case blessedTwice = "blessed-twice"
        /// One serial number was given to two devices.
        case serialTwice = "serial-twice"
        /// A serial number of a shared order that no block of the station holds.
        case serialNotLeased = "serial-not-leased"
    }

    public var kind: Kind
    /// The station at which it was seen.
    public var station: String
    /// What it is about; with kind and station it names the alarm.
    public var subject: String
    /// One sentence, with what to do.
    public var sentence: String
    /// UTC ms.
    public var at: Int64
    /// Who answered it, when, and what they said; nil while it is open.
    public var answer: Answer?

    public struct Answer: Sendable, Equatable, Codable {
        public var by: String
        public var reason: String
        /// UTC ms.
        public var at: Int64
    }

    public init(
        _ kind: Kind, station: String, subject: String, sentence: String, at: Int64, answer: Answer? = nil
    ) {
        self.kind = kind
        self.station = station
        self.subject = subject
        self.sentence = sentence
        self.at = at
        self.answer = answer
    }
}

/// The alarms' rows.
enum AlarmTable {
    /// Writes alarms down; those that are there already stay as they are.
    /// - Returns: how many are new.
    @discardableResult
    static func raise(
        _ alarms: [PlantAlarm], station: Int32, _ connection: PlantConnection
    ) throws(PlantError) -> Int {
        var count = 0
        for alarm in alarms {
            count += try connection.change(
                """
                INSERT INTO alarm (station, kind, subject, at, sentence) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (station, kind, subject) DO NOTHING
                """,
                [
                    .integer(Int64(station)), .text(alarm.kind.rawValue), .text(alarm.subject),
                    .integer(alarm.at),
                    .text(alarm.sentence),
                ])
        }
        return count
    }

    static func list(open: Bool, _ connection: PlantConnection) throws(PlantError) -> [PlantAlarm] {
        let rows = try connection.run(
            """
            SELECT s.name, a.kind, a.subject, a.at, a.sentence, b.by_whom, b.reason, b.at
            FROM alarm a JOIN station s ON s.number = a.station LEFT JOIN alarm_answer b ON b.station = a.station
                AND b.kind = a.kind AND b.subject = a.subject
            \(open ? "WHERE b.at IS NULL" : "") ORDER BY a.at, a.station, a.kind, a.subject
            """)
        return rows.compactMap { row in
            guard let kind = row.text(1).flatMap(PlantAlarm.Kind.init(rawValue:)) else { return nil }
            let answer = row.text(5).map {
                PlantAlarm.Answer(by: $0, reason: row.text(6) ?? "", at: row.integer(7) ?? 0)
            }
            return PlantAlarm(
                kind, station: row.text(0) ?? "", subject: row.text(2) ?? "", sentence: row.text(4) ?? "",
                at: row.integer(3) ?? 0, answer: answer)
        }
    }

    /// - Returns: false when there is no such open alarm.
    static func answer(
        _ kind: PlantAlarm.Kind, subject: String, station: String, by: String, reason: String, at: Int64,
        _ connection: PlantConnection
    ) throws(PlantError) -> Bool {
        try connection.change(
            """
            INSERT INTO alarm_answer (station, kind, subject, at, by_whom, reason)
            SELECT a.station, a.kind, a.subject, $4, $5, $6 FROM alarm a JOIN station s ON s.number = a.station
            WHERE s.name = $1 AND a.kind = $2 AND a.subject = $3
            ON CONFLICT (station, kind, subject) DO NOTHING
            """,
            [.text(station), .text(kind.rawValue), .text(subject), .integer(at), .text(by), .text(reason)])
            == 1
    }
}
