import Foundation
import Testing

/// Backup, restore and doctor as a user types them.
@Suite struct LifeTests {
    @Test func aLostRecordComesBackUnlessItWouldFork() throws {
        let station = try StationProgram()
        defer { station.remove() }
        let backup = station.home + "/backup.db"
        #expect(try station.run("init").status == 0)
        try station.run("run", "WO-2026-0117", "--units", "1", "--seed", "1", "--json")
        #expect(try station.run("backup", backup).status == 0)
        #expect(try station.run("backup", backup).status == 2)
        let healthy = try station.run("doctor", "--json")
        #expect(healthy.status == 0 && healthy.out.contains("\"healthy\":true"), "\(healthy.out)")
        try FileManager.default.removeItem(atPath: station.home + "/demo/var/shelf")
        try station.run("run", "WO-2026-0117", "--units", "1", "--seed", "2", "--json")

        // Lost: the file beside it knows more than the backup.
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: station.database + suffix)
        }
        let refused = try station.run("restore", backup)
        #expect(refused.status == 3 && refused.error.contains("would fork the log"), "\(refused.error)")
        #expect(!FileManager.default.fileExists(atPath: station.database))
        let reading = try station.run("restore", backup, "--to", station.home + "/old.db")
        #expect(reading.status == 0, "\(reading.error)")
        #expect(try station.run("audit", "verify", "--database", station.home + "/old.db").status == 0)
        // Put there by hand it does not go on either, and the doctor says why.
        try FileManager.default.copyItem(atPath: backup, toPath: station.database)
        let stopped = try station.run("run", "WO-2026-0117", "--units", "1", "--seed", "3")
        #expect(stopped.status == 3 && stopped.error.contains("came out of a backup"), "\(stopped.error)")
        let ill = try station.run("doctor")
        #expect(ill.status == 3 && ill.out.contains("FAIL  set back"), "\(ill.out)")
        // Nobody knows of anything later: the backup is all there is.
        try FileManager.default.removeItem(atPath: station.database + ".head")
        try FileManager.default.removeItem(atPath: station.database)
        let back = try station.run("restore", backup)
        #expect(back.status == 0, "\(back.error)")
        try station.run("run", "WO-2026-0117", "--units", "1", "--seed", "4", "--json")
        #expect(try station.run("audit", "verify").status == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: station.home + "/demo/var")
        #expect(!left.contains { $0.contains(".restor") }, "\(left)")
    }

    @Test func theDoctorNamesWhatIsWrong() throws {
        let station = try StationProgram()
        defer { station.remove() }
        #expect(try station.run("doctor").status == 2)
        #expect(try station.run("init").status == 0)
        chmod(station.home + "/demo/var/station.key", 0o644)
        let exposed = try station.run("doctor", "--certificate", station.home + "/demo/station.yaml")
        #expect(exposed.status == 2)
        for line in ["FAIL  key", "FAIL  permissions", "FAIL  certificate", "WARN  backup"] {
            #expect(exposed.out.contains(line), "\(line)\n\(exposed.out)")
        }
    }

    @Test func oldEntriesLeaveAndTheirUnitsSayWhereTo() throws {
        let station = try StationProgram()
        defer { station.remove() }
        #expect(try station.run("init").status == 0)
        try station.run("run", "WO-2026-0117", "--units", "20", "--seed", "1", "--json")
        let (file, away) = (station.home + "/demo/var/old.db", station.home + "/away.db")
        for day in ["2020-01-01", "2024-02-30", "tomorrow", ""] {
            let refused = try station.run("archive", file, "--before", day)
            #expect(
                refused.status == 64 && refused.error.split(separator: "\n").count == 1, "\(refused.error)")
        }
        let kept = try station.run("archive", "/proc/old.db", "--before", "2199-01-01")
        #expect(kept.status != 0 && kept.error.contains("/proc/old.db"), "\(kept.error)")
        let done = try station.run("archive", file, "--before", "2199-01-01", "--json")
        #expect(done.status == 0 && done.out.contains("\"sha256\""), "\(done.error)")
        #expect(try station.run("archive", file, "--before", "2199-01-01").status == 0)

        let unit = try #require(
            try station.run("unit", "list", "--outcome", "passed", "--limit", "500", "--json").out
                .matches(of: #/"device" ?: ?"(\w+)"/#).last?.output.1)
        let whole = try station.run("unit", "show", String(unit))
        #expect(whole.status == 0 && !whole.out.contains("old.db"), "\(whole.out)")
        try FileManager.default.moveItem(atPath: file, toPath: away)
        let torn = try station.run("unit", "show", String(unit))
        #expect(torn.status == 0 && torn.out.contains("In the archive old.db"), "\(torn.out)")
        let proof = try station.run("audit", "prove", String(unit))
        #expect(proof.status == 64 && proof.error.contains("--archive"), "\(proof.error)")
        #expect(try station.run("unit", "show", String(unit), "--archive", away).out == whole.out)
        let strange = try station.run("unit", "show", String(unit), "--archive", station.database)
        #expect(strange.status == 64 && strange.error.contains("is not the archive"), "\(strange.error)")
    }

    @Test func aPlantThatIsNotThereIsUnavailableAndAPasswordInSightIsRefused() throws {
        let station = try StationProgram()
        defer { station.remove() }
        #expect(try station.run("init").status == 0)
        let away = try station.run("plant", "push", "--plant", "host=127.0.0.1 port=1 user=x")
        #expect(away.status == 69, "\(away.error)")
        let seen = try station.run("plant", "status", "--plant", "postgresql://ada:sesame@plant/db")
        #expect(seen.status == 64 && !seen.error.contains("sesame"))
        #expect(try station.run("plant", "push", "--patience", "0").status == 64)
    }
}
