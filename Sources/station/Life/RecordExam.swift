import Foundation
import Ledger
import Plant
import StationStore

/// The record: whether it is there, whole, signed, and where it was left.
struct RecordExam {
    let database: String
    let key: String
    private(set) var reader: StationReader?
    private(set) var entries: Int64 = 0
    /// UTC ms.
    private(set) var lastEntry: Int64?
    private var signed: Int64 = 0

    init(database: String, key: String) {
        self.database = database
        self.key = key
    }

    mutating func look(deep: Bool, _ chart: inout Chart) async {
        do {
            let reader = try StationReader.open(at: database)
            let station = try await reader.station()
            self.reader = reader
            (entries, signed) = (station.ledgerSize, station.checkpointSize)
            chart.add(.ok, "record", "\(station.name): \(entries) entries in \(database)")
            chart.add(.ok, "schema", "migration \(station.schema)")
            lastEntry = try await reader.entries(EntryFilter(newestFirst: true, limit: 1)).first?.at
            await integrity(reader, deep, &chart)
            identity(station, &chart)
            signatures(&chart)
        } catch let error as StoreError {
            let isEvidence = error.exit == .evidence
            chart.add(.fail, "record", "\(error)", isEvidence: isEvidence)
        } catch {
            chart.add(.fail, "record", "\(error)")
        }
        head(&chart)
        lock(&chart)
    }

    private func integrity(_ reader: StationReader, _ deep: Bool, _ chart: inout Chart) async {
        do {
            let report = try await reader.verify(deep ? .everything : .chain)
            guard let finding = report.findings.first else {
                chart.add(
                    .ok, "integrity",
                    "\(report.entries) entries, \(report.checkpoints) checkpoints"
                        + (deep ? ", \(report.rows) derived rows" : "") + " hold")
                return
            }
            chart.add(
                .fail, "integrity", "\(finding) (\(report.findings.count) findings)",
                "stop the station, keep the file as it is, run `station audit verify`, restore the last backup",
                isEvidence: true)
        } catch {
            chart.add(.fail, "integrity", "\(error)", isEvidence: true)
        }
    }

    private func identity(_ station: StationIdentity, _ chart: inout Chart) {
        do {
            let found = try StationKey.load(from: key)
            if found.verifier.text == station.verifierKey {
                chart.add(.ok, "key", "\(key) is the one that signs this record")
            } else {
                chart.add(
                    .fail, "key", "\(key) is another station's key (\(found.verifier.text.prefix(60)))",
                    "bring the key that belongs to the record back from its backup")
            }
        } catch {
            chart.add(.fail, "key", "\(error)")
        }
    }

    private func signatures(_ chart: inout Chart) {
        if signed == entries {
            chart.add(.ok, "signed", "all entries are under a signed checkpoint")
        } else {
            chart.add(
                entries - signed > 4096 ? .warn : .ok, "signed",
                "\(entries - signed) entries are not signed yet",
                entries - signed > 4096 ? "the running station signs when a run ends; is one stuck?" : "")
        }
    }

    /// The tree head beside the database, against the database.
    private func head(_ chart: inout Chart) {
        guard let head = HeadFile.read(besideDatabase: database) else {
            if FileManager.default.fileExists(atPath: HeadFile.path(ofDatabase: database)) {
                chart.add(
                    .warn, "set back", "\(HeadFile.path(ofDatabase: database)) can't be read",
                    "it is written again with the next checkpoint")
            }
            return
        }
        if head.size > signed, reader != nil {
            chart.add(
                .fail, "set back",
                "the record ends at \(signed) and \(head.size) entries were signed here before",
                "it came out of a backup: do not bless with it; docs/plant.md, \"Forks\"", isEvidence: true)
        } else {
            chart.add(.ok, "set back", "the last checkpoint known beside the record is in it")
        }
    }

    /// Asks for the lock without keeping it.
    private func lock(_ chart: inout Chart) {
        let path = database + ".lock"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return chart.add(.ok, "lock", "no station works on it") }
        defer { close(file) }
        guard flock(file, LOCK_SH | LOCK_NB) != 0 else {
            flock(file, LOCK_UN)
            return chart.add(.ok, "lock", "no station works on it")
        }
        let pid = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").first ?? "?"
        chart.add(.ok, "lock", "a station works on it (process \(pid))")
    }

    /// What the plant knows of this record.
    func plant(_ address: PlantAddress, _ patience: PlantPatience, _ chart: inout Chart) async {
        guard let reader else { return }
        do {
            let database = PlantDatabase(
                address, patience: PlantPatience(connecting: 5, silence: min(20, patience.silence)))
            let station = try await reader.station()
            guard let head = try await database.head(of: station.name) else {
                return chart.add(
                    .warn, "plant", "the plant \(address) has nothing of \(station.name) yet",
                    "`station plant push --follow` sends")
            }
            let waiting = signed - head.size
            if waiting < 0 || head.verifierKey != station.verifierKey {
                chart.add(
                    .fail, "plant",
                    "the plant has \(head.size) entries of \(station.name), this record \(signed) signed ones",
                    "it came out of a backup, or another station has its name: docs/plant.md, \"Forks\"",
                    isEvidence: true)
            } else {
                chart.add(
                    waiting > 100_000 ? .warn : .ok, "plant",
                    "the plant has \(head.size) entries, \(waiting) wait to be sent",
                    waiting > 100_000 ? "is `station plant push --follow` running?" : "")
            }
            let alarms = try await database.alarms().filter { $0.station == station.name }
            if let alarm = alarms.first {
                chart.add(
                    .fail, "plant alarms", "\(alarms.count) open: \(alarm.sentence)", "`station plant alarms`"
                )
            }
        } catch {
            chart.add(.warn, "plant", "\(error)")
        }
    }
}
