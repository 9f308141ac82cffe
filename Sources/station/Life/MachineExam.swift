import CTimex
import Foundation
import StationStore
import TimeAndChance

/// The machine: disk, clock, rights, backups.
enum MachineExam {
    static func disk(_ database: String, _ chart: inout Chart) {
        var status = statvfs()
        let home = (database as NSString).deletingLastPathComponent
        guard statvfs(home, &status) == 0 else {
            return chart.add(
                .fail, "disk", "\(home): \(String(cString: strerror(errno)))", "is the disk mounted?")
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let total = UInt64(status.f_blocks) * UInt64(status.f_frsize)
        let size = fileSize(database)
        let words =
            "\(megabytes(free)) of \(megabytes(total)) MB free, the record has \(megabytes(UInt64(size)))"
        if free < 100 << 20 {
            chart.add(
                .fail, "disk", words, "free some space now: the line stops when the record can't be kept")
        } else if free < UInt64(size) * 2 || Double(free) < Double(total) * 0.05 {
            chart.add(
                .warn, "disk", words, "a backup beside the record would not fit, or the disk is nearly full")
        } else {
            chart.add(.ok, "disk", words)
        }
        let log = fileSize(database + "-wal")
        if log > 1 << 30 {
            chart.add(
                .fail, "write-ahead", "the log beside the record has \(megabytes(UInt64(log))) MB",
                "a reader holds it back: end long queries and exports, then start the station once")
        } else if log > 64 << 20 {
            chart.add(
                .warn, "write-ahead", "the log beside the record has \(megabytes(UInt64(log))) MB",
                "a long query or export holds it back")
        } else {
            chart.add(.ok, "write-ahead", "\(megabytes(UInt64(log))) MB")
        }
    }

    static func clock(lastEntry: Int64?, _ chart: inout Chart) {
        let now = SystemWallClock().utcMilliseconds()
        if let lastEntry, lastEntry > now + 1000 {
            chart.add(
                .fail, "clock",
                "it is \(UTCTime.text(now)) here and the last entry was made at \(UTCTime.text(lastEntry))",
                "set the clock right before the station is started")
            return
        }
        var state = timex()
        // TIME_ERROR: the kernel has not heard of the right time.
        if adjtimex(&state) == 5 || state.status & 0x0040 != 0 {
            chart.add(
                .warn, "clock", "\(UTCTime.text(now)); the system says that it is not synchronised",
                "switch time synchronisation on (systemd-timesyncd or chrony)")
        } else {
            chart.add(.ok, "clock", "\(UTCTime.text(now)), synchronised")
        }
    }

    static func permissions(_ database: String, _ key: String, _ chart: inout Chart) {
        var wrong: [String] = []
        for file in [database, key, database + "-wal"] {
            var status = stat()
            guard stat(file, &status) == 0 else { continue }
            if status.st_mode & 0o002 != 0 { wrong.append("\(file) can be written by everybody") }
            if file == key, status.st_mode & 0o077 != 0 {
                wrong.append("\(key) can be read by others than its owner")
            }
        }
        let home = (database as NSString).deletingLastPathComponent
        if access(home, W_OK) != 0 { wrong.append("\(home) can't be written by this user") }
        if wrong.isEmpty {
            chart.add(.ok, "permissions", "record and key belong to their owner")
        } else {
            chart.add(
                .fail, "permissions", wrong.joined(separator: "; "), "chmod o-w, and chmod 600 on the key")
        }
    }

    static func backup(_ database: String, entries: Int64, days: Int, _ chart: inout Chart) {
        guard let last = BackupNote.read(besideDatabase: database) else {
            return chart.add(
                .warn, "backup", "none was ever made with `station backup`",
                "station backup FOLDER, each night")
        }
        let age = (SystemWallClock().utcMilliseconds() - last.at) / 86_400_000
        let words = "\(UTCTime.text(last.at)), \(max(0, entries - last.entries)) entries ago, \(last.file)"
        if age >= Int64(days) {
            chart.add(.warn, "backup", words, "\(age) days old: station backup FOLDER, each night")
        } else if !FileManager.default.fileExists(atPath: last.file) {
            chart.add(
                .warn, "backup", words,
                "that file is not there any more; well, when it was moved to a safe place")
        } else {
            chart.add(.ok, "backup", words)
        }
    }

    static func fileSize(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    private static func megabytes(_ bytes: UInt64) -> String { String((bytes + (1 << 19)) >> 20) }
}
