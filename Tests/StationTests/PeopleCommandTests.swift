import Foundation
import Testing

@Suite(.serialized) struct PeopleCommandTests {
    @Test func usersAreManagedAtTheConsoleAndItIsInTheRecord() throws {
        let program = try StationProgram()
        defer { program.remove() }
        // Before there is a record, what happens waits.
        let first = try program.run(
            ["people", "add", "ada", "--role", "admin", "--badge", "ADM-1", "--final"], input: "402761")
        #expect(first.status == 0, "\(first.error)")
        #expect(first.error.contains("no record yet"))
        #expect(try program.run("init").status == 0)
        let made = try program.run(
            "people", "add", "li.na", "--role", "operator", "--badge", "B-17", "--generate")
        #expect(
            made.status == 0 && made.out.firstMatch(of: /PIN [0-9]{6}\s/) != nil, "\(made.out)\(made.error)")
        #expect(try program.run("people", "role", "li.na", "engineer").status == 0)
        let token = try program.run(
            "people", "token", "make", "li.na", "--name", "ERP", "--scopes", "readRecord")
        #expect(token.status == 0 && token.out.hasPrefix("bst_"), "\(token.error)")
        #expect(
            try program.run("people", "token", "make", "li.na", "--name", "x", "--scopes", "managePeople")
                .status == 64)
        #expect(try program.run("people", "lock", "ada").status == 2)
        #expect(try program.run("people", "add", "x", "--role", "boss", "--no-pin").status == 64)
        #expect(try program.run(["people", "pin", "li.na"], input: "123456").status == 64)
        let list = try program.run("people", "list")
        #expect(list.out.contains("li.na") && list.out.contains("engineer") && list.out.contains("B-17"))
        let entries = try program.run("audit", "list", "--kind", "person.acted", "--json")
        #expect(entries.out.components(separatedBy: "userAdded").count == 3, "\(entries.out)\(entries.error)")
        #expect(entries.out.contains("roleChanged") && entries.out.contains("tokenMade"))
        #expect(!entries.out.contains("li.na") && !entries.out.contains("402761"))
        #expect(try program.run("audit", "verify").status == 0)
    }

    @Test func aForgottenPersonIsANumber() throws {
        let program = try StationProgram()
        defer { program.remove() }
        #expect(try program.run("init").status == 0)
        let run = try program.run("run", "WO-2026-0117", "--units", "1", "--operator", "op-17", "--json")
        #expect(run.status != 70, "\(run.error)")
        #expect(try program.run("audit", "ask", "done-by", "op-17").out.contains("30000c2a"))
        let done = try program.run("people", "forget", "op-17", "--by", "dpo")
        #expect(done.status == 0 && done.out.contains("Forgotten person #1"), "\(done.error)")
        #expect(try program.run("audit", "ask", "done-by", "op-17").out.contains("30000c2a") == false)
        #expect(
            try program.run("audit", "query", "runs", "--show", "operator").out.contains(
                "forgotten person #1"))
        #expect(try program.run("audit", "verify").status == 0)
        for name in try FileManager.default.contentsOfDirectory(atPath: program.home + "/demo/var") {
            let data = FileManager.default.contents(atPath: program.home + "/demo/var/" + name)
            #expect(data?.range(of: Data("op-17".utf8)) == nil, "\(name)")
        }
        #expect(try program.run("people", "forget", "op-17").status == 64)
    }
}

@Suite(.serialized) struct KeyCommandTests {
    @Test func keysAreChangedLostAndFollowed() throws {
        let program = try StationProgram()
        defer { program.remove() }
        let first = try #require(
            try program.run("init").out.firstMatch(of: /verifier +(\S+)/)?.1
        ).description
        let rotated = try program.run("key", "rotate", "--reason", "yearly")
        let second = try #require(rotated.out.firstMatch(of: /verifier +(\S+)/)?.1, "\(rotated.error)")
            .description
        #expect(try program.run("run", "WO-2026-0117", "--units", "1", "--json").status != 74)
        #expect(try program.run("audit", "verify", "--trust", first).status == 0)
        let proof = try program.run("audit", "prove", "1", "--entry").out
        let file = program.home + "/proof.json"
        try Data(proof.utf8).write(to: URL(fileURLWithPath: file))
        func script(_ key: String) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "python3", "-B", StationProgram.root.appendingPathComponent("docs/verify-proof.py").path,
                file, key,
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        #expect(try script(first) == 0 && script(second) == 0)

        // The key is there: nothing to replace. Then it is gone.
        let home = program.home + "/demo/var"
        #expect(try program.run("key", "replace", "--lost", "--by", "ada", "--reason", "r").status == 2)
        try FileManager.default.removeItem(atPath: home + "/station.key")
        #expect(try program.run("key", "replace", "--lost", "--reason", "r").status == 64)
        let replaced = try program.run("key", "replace", "--lost", "--by", "ada", "--reason", "disk broke")
        let third = try #require(replaced.out.firstMatch(of: /verifier +(\S+)/)?.1, "\(replaced.error)")
            .description
        let gap = try program.run("audit", "verify", "--trust", first)
        #expect(gap.status == 3 && gap.out.contains("replaced without the old one's signature"))
        let clean = try program.run("audit", "verify", "--trust", third)
        #expect(clean.status == 0 && clean.out.contains("disk broke"), "\(clean.out)")
        #expect(try program.run("run", "WO-2026-0117", "--units", "1", "--json").status != 74)
    }

    /// The power goes between "the record knows the new key" and "the key file holds it".
    @Test func aChangeThatWasCutShortIsFinished() throws {
        let program = try StationProgram()
        defer { program.remove() }
        #expect(try program.run("init").status == 0)
        let home = program.home + "/demo/var/"
        let old = try Data(contentsOf: URL(fileURLWithPath: home + "station.key"))
        #expect(try program.run("key", "rotate").status == 0)
        let files = FileManager.default
        try files.moveItem(atPath: home + "station.key", toPath: home + "station.key.next")
        files.createFile(atPath: home + "station.key", contents: old, attributes: [.posixPermissions: 0o600])
        let run = try program.run("run", "WO-2026-0117", "--units", "1", "--json")
        #expect(run.status != 64 && run.status != 74, "\(run.error)")
        #expect(!files.fileExists(atPath: home + "station.key.next"))
        #expect(try program.run("audit", "verify").status == 0)
    }

    @Test func aRestoredStationIsFoundOutAndHealed() throws {
        let program = try StationProgram()
        defer { program.remove() }
        let files = FileManager.default
        #expect(
            try program.run(
                ["people", "add", "ada", "--role", "admin", "--badge", "ADM-1", "--final"], input: "402761"
            ).status == 0)
        #expect(try program.run("init").status == 0)
        let (log, other, backup) = (
            program.home + "/log", program.home + "/log2", program.home + "/backup.db"
        )
        try files.copyItem(atPath: program.database, toPath: backup)
        _ = try program.run("run", "WO-2026-0117", "--units", "2", "--json")
        #expect(try program.run("audit", "publish", log).status == 0)
        let heal = [
            "record", "continue-after-restore", "--published", log, "--badge", "ADM-1", "--reason", "disk",
        ]
        #expect(try program.run(heal, input: "402761").status == 2)

        try files.removeItem(atPath: program.database)
        try files.copyItem(atPath: backup, toPath: program.database)
        #expect(try program.run("audit", "publish", log).status == 3)
        #expect(try program.run(heal, input: "111222").status == 2)
        let healed = try program.run(heal, input: "402761")
        #expect(healed.status == 0 && healed.out.contains("/2 from entry"), "\(healed.error)")
        #expect(try program.run("audit", "publish", other).status == 0)
        #expect(try program.run("audit", "publish", log).status == 64)
        #expect(try program.run("audit", "verify").status == 0)
        _ = try program.run("run", "WO-2026-0117", "--units", "1", "--json")
        #expect(try program.run("audit", "publish", other).status == 0)
    }

    @Test func aWitnessSignsWhatGrewAndNothingElse() throws {
        let program = try StationProgram()
        defer { program.remove() }
        let verifier = try #require(
            try program.run("init").out.firstMatch(of: /verifier +(\S+)/)?.1
        ).description
        let (log, witness) = (program.home + "/log", program.home + "/w")
        let key = try program.run("audit", "witness", "keygen", witness, "--name", "w1").out
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try program.run("audit", "witness", "follow", witness, verifier).status == 0)
        #expect(try program.run("audit", "witness", "add", key).status == 0)
        #expect(try program.run("audit", "publish", log).status == 0)
        #expect(try program.run("audit", "witness", "sign", witness, log).status == 0)
        #expect(try program.run("audit", "witness", "fetch", log).out == "1 new cosignature.\n")
        #expect(try program.run("audit", "witness", "list").out.contains("0–0"))
        _ = try program.run("run", "WO-2026-0117", "--units", "1", "--json")
        #expect(try program.run("audit", "publish", log).status == 0)
        let again = try program.run("audit", "witness", "sign", witness, log)
        #expect(again.status == 0, "\(again.error)")
        #expect(try program.run("audit", "publish", log).status == 0)
        #expect(try program.run("audit", "witness", "list").out.components(separatedBy: "w1").count == 4)
        #expect(try program.run("audit", "verify").status == 0)
    }
}
