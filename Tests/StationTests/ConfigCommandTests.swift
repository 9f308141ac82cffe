import Foundation
import Testing

@Suite(.serialized) struct ConfigCommandTests {
    @Test func onlySignedRevisionsRunInProduction() throws {
        let program = try StationProgram()
        defer { program.remove() }
        let (demo, key) = (program.home + "/demo", program.home + "/maria.key")
        let made = try program.run("config", "keygen", "maria", "--out", key)
        let verifier = try #require(made.out.firstMatch(of: /verifier +(\S+)/)?.1, "\(made.error)")
            .description
        let yaml = try String(contentsOfFile: demo + "/station.yaml", encoding: .utf8)
        try Data((yaml + "\nmode: production\ntrusted-engineers: [\(verifier)]\n").utf8)
            .write(to: URL(fileURLWithPath: demo + "/station.yaml"))
        #expect(try program.run("init").status == 0)
        func run() throws -> StationProgram.Outcome {
            try program.run("run", "WO-2026-0117", "--units", "1", "--json")
        }
        #expect(try run().error.contains("CFG114"))
        #expect(try program.run("config", "trust", "--by", "ada", "--reason", "line goes live").status == 0)
        #expect(try run().error.contains("CFG110"))
        #expect(try program.run("config", "verify").status == 3)
        #expect(try program.run("config", "sign", "--key", key).status == 0)
        #expect(try program.run("config", "verify").out.contains("signed by maria"))
        let first = try run()
        #expect(first.status != 2 && first.status != 64, "\(first.error)")

        // Another revision, by way of a bundle.
        let bundle = program.home + "/rev.bundle"
        let plan = demo + "/plans/env-sensor.yaml"
        let before = try Data(contentsOf: URL(fileURLWithPath: plan))
        let note = try Data(contentsOf: URL(fileURLWithPath: demo + "/configuration.note"))
        try (before + Data("\n# second\n".utf8)).write(to: URL(fileURLWithPath: plan))
        #expect(try run().error.contains("CFG113"))
        #expect(try program.run("config", "sign", "--key", key).status == 0)
        #expect(try program.run("config", "bundle", bundle).status == 0)
        try before.write(to: URL(fileURLWithPath: plan))
        try note.write(to: URL(fileURLWithPath: demo + "/configuration.note"))
        let staged = try program.run("config", "stage", bundle)
        let digest = try #require(staged.out.firstMatch(of: /Revision ([0-9a-f]{64})/)?.1, "\(staged.error)")
            .description
        #expect(try program.run("config", "activate", String(digest.prefix(8))).status == 0)
        let pinned = try run()
        #expect(pinned.status == 2 && pinned.error.contains("CFG115"), "\(pinned.error)")
        #expect(
            try program.run("order", "unlock", "WO-2026-0117", "--by", "ada", "--reason", "limits").status
                == 0)
        let second = try run()
        #expect(second.status != 2 && second.status != 64, "\(second.error)")
        #expect(try program.run("config", "rollback").status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: plan)) == before)
        let shown = try program.run("config", "show").out
        for word in ["trusted", "staged", "activated", "rolledBack", "used", "previous", "signed by maria"] {
            #expect(shown.contains(word), "\(word) in \(shown)")
        }
        #expect(try program.run("audit", "verify").status == 0)
    }
}
