import Foundation
import HTTPTypes
import Ledger
import StationConfig
import StationStore
import Testing

@testable import StationService

/// Signed configuration over HTTP: laid ready, used for new orders, taken back; a begun order keeps its own.
struct RevisionTests {
    let maria: StationKey
    let paul: StationKey

    init() throws {
        maria = try StationKey.generate(name: "maria")
        paul = try StationKey.generate(name: "paul")
    }

    /// A station in production mode that trusts Maria, its first revision signed and the list of engineers pinned.
    private func bench() async throws -> ServiceBench {
        let maria = maria
        let bench = try await ServiceBench { folder in
            let file = URL(fileURLWithPath: folder + "/station.yaml")
            let text = try String(contentsOf: file, encoding: .utf8)
            try Data((text + "\nmode: production\ntrusted-engineers: [\(maria.verifier.text)]\n").utf8)
                .write(to: file)
            try Self.sign(folder, maria)
        }
        try await bench.store.append(
            .configurationChanged(
                ConfigurationChanged(
                    change: .trusted, revision: bench.folder.station.trust.digest, by: "ada",
                    place: "console", reason: "live")))
        return bench
    }

    private static func sign(_ folder: String, _ key: StationKey) throws {
        let note = try ConfigSignature(of: try ConfigRevision(folder: folder).digest, by: key)
        try Data(note.text.utf8).write(to: URL(fileURLWithPath: folder + "/" + ConfigSignature.file))
    }

    /// A bundle of the demo station with a changed file, signed.
    private func bundle(
        _ bench: ServiceBench, by key: StationKey, file: String = "plans/env-sensor.yaml",
        change: (String) -> String
    ) throws -> (bytes: [UInt8], digest: String) {
        let desk = bench.home + "/engineer-\(UUID().uuidString)"
        try FileManager.default.copyItem(
            atPath: ServiceBench.root.appendingPathComponent("stations/demo").path, toPath: desk)
        let url = URL(fileURLWithPath: desk + "/" + file)
        try Data(change(try String(contentsOf: url, encoding: .utf8)).utf8).write(to: url)
        try Self.sign(desk, key)
        let bundle = try ConfigBundle(folder: desk)
        return (bundle.bytes, bundle.revision.digest.hex)
    }

    private func stage(_ bench: ServiceBench, _ bytes: [UInt8], from remote: String = "10.9.8.7") async throws
        -> Answer
    {
        await bench.ask(
            .post, "/api/v1/configuration/revisions", as: try await bench.token(.engineer),
            key: UUID().uuidString, headers: [.contentType: "application/octet-stream"], from: remote,
            body: bytes)
    }

    @Test func aSignedRevisionIsStagedUsedAndTakenBack() async throws {
        let bench = try await bench()
        let opened = await bench.act("/api/v1/orders/WO-2026-0117/open")
        #expect(opened.status == .ok, "\(opened.text)")
        let first = try ConfigRevision(folder: bench.folder.root).digest.hex
        let (bytes, digest) = try bundle(bench, by: maria) { $0 + "\n# wider limits\n" }

        let staged = try await stage(bench, bytes)
        #expect(staged.status == .created, "\(staged.text)")
        #expect(staged.json["revision"] as? String == digest)
        #expect(staged.json["signedBy"] as? [String] == ["maria"])
        #expect(staged.json["valid"] as? Bool == true)
        // Nothing that is used has changed.
        #expect(try ConfigRevision(folder: bench.folder.root).digest.hex == first)

        let used = await bench.act("/api/v1/configuration/revisions/\(digest)/activate")
        #expect(used.status == .ok, "\(used.text)")
        #expect(try ConfigRevision(folder: bench.folder.root).digest.hex == digest)
        // The order that was begun keeps its revision, another takes the new one.
        let again = await bench.act("/api/v1/orders/WO-2026-0117/open")
        #expect(again.code == "SRV-CONFIG", "\(again.text)")
        #expect(again.text.contains("unlock"))
        let other = await bench.act("/api/v1/orders/WO-2026-0118/open")
        #expect(other.status == .ok, "\(other.text)")
        #expect(try await bench.store.reader.orderLock("WO-2026-0117") == first)
        #expect(try await bench.store.reader.orderLock("WO-2026-0118") == digest)
        let unlocked = await bench.act("/api/v1/orders/WO-2026-0117/unlock", #"{"reason": "limits"}"#)
        #expect(unlocked.status == .ok)
        #expect(await bench.act("/api/v1/orders/WO-2026-0117/open").status == .ok)

        let back = await bench.act("/api/v1/configuration/rollback")
        #expect(back.json["revision"] as? String == first, "\(back.text)")
        let list = await bench.ask(.get, "/api/v1/configuration/revisions", as: bench.console)
        #expect(list.json["inUse"] as? String == first)
        #expect(list.json["previous"] as? String == digest)
        #expect(Set(list.json["items"] as? [String] ?? []) == [first, digest])
        let check = try SchemaCheck()
        for (name, answer) in [
            ("listRevisions", list), ("stageRevision", staged), ("activateRevision", used),
            ("rollBackRevision", back), ("unlockOrder", unlocked),
        ] {
            let operation = try #require(
                check.operations.first { $0.operation["operationId"] as? String == name }?.operation)
            #expect(
                check.findings(
                    operation, status: answer.status.code, contentType: answer.headers[.contentType],
                    answer.bytes) == [], "\(name)")
        }
        let changes = try await bench.store.reader.configurations().reversed().map {
            "\($0.change) \($0.revision == first ? 1 : 2) \($0.by ?? "–") \($0.place) \($0.signedBy ?? "–")"
        }
        #expect(
            changes.filter { !$0.hasPrefix("used") && !$0.hasPrefix("trusted") } == [
                "staged 2 p-engineer 10.9.8.7 maria", "activated 2 console 127.0.0.1 maria",
                "rolledBack 1 console 127.0.0.1 maria",
            ])
        #expect(try await bench.store.reader.verify().findings == [])
    }

    @Test func whatNobodyTrustedSignedOrSomebodyChangedIsNotStaged() async throws {
        let bench = try await bench()
        let (foreign, _) = try bundle(bench, by: paul) { $0 + "\n# by Paul\n" }
        let (good, digest) = try bundle(bench, by: maria) { $0 + "\n# by Maria\n" }
        var changed = good
        changed[changed.count - 3] ^= 1
        for (bytes, word) in [
            (foreign, "CFG112"), (changed, "CFG116"), (Array(good.dropLast()), "CFG116"), ([], "CFG116"),
            (Array("../../etc/passwd".utf8), "CFG116"), ([UInt8](repeating: 0xFF, count: 5000), "CFG116"),
        ] {
            let answer = try await stage(bench, bytes)
            #expect(answer.code == "SRV-CONFIG" && answer.text.contains(word), "\(answer.text)")
        }
        let json = await bench.ask(
            .post, "/api/v1/configuration/revisions", "{}", as: bench.console, key: "key-json-bundle")
        #expect(json.code == "SRV-TYPE")
        let unknown = await bench.act("/api/v1/configuration/revisions/\(digest)/activate")
        #expect(unknown.code == "SRV-NOTFOUND")
        for word in ["..", "current", "%2e%2e", String(repeating: "0", count: 64)] {
            let answer = await bench.act("/api/v1/configuration/revisions/\(word)/activate")
            #expect(answer.status.code == 404, "\(word): \(answer.text)")
        }
        #expect(await bench.act("/api/v1/configuration/rollback").code == "SRV-REFUSED")
        #expect(RevisionShelf(root: bench.folder.root).staged == [])
        #expect(try await bench.store.reader.configurations(.staged).isEmpty)
    }

    @Test func aRevisionThatDoesNotFitIsToldAndCannotBeUsed() async throws {
        let bench = try await bench()
        let (bytes, digest) = try bundle(bench, by: maria) { $0 + "\nnonsense: 1\n" }
        let staged = try await stage(bench, bytes)
        #expect(staged.json["valid"] as? Bool == false)
        #expect((staged.json["problems"] as? [Any])?.isEmpty == false)
        let used = await bench.act("/api/v1/configuration/revisions/\(digest)/activate")
        #expect(used.code == "SRV-CONFIG", "\(used.text)")
        #expect(await bench.act("/api/v1/orders/WO-2026-0117/open").status == .ok)
        #expect(try await bench.store.reader.configurations(.activated).isEmpty)
    }

    /// Years later the page shows what two revisions said, though the folder has only the newer one.
    @Test func pagesCompareRevisionsThatTheFolderNoLongerHas() async throws {
        let bench = try await bench()
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open", #"{"mode": "scan"}"#)
        _ = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
        await bench.until("A", ["passed"])
        let old = try #require(try await bench.store.reader.revisions().first)
        let (bytes, digest) = try bundle(bench, by: maria) {
            $0.replacing("low: 3.20, high: 3.40", with: "low: 3.15, high: 3.45")
        }
        #expect(try await stage(bench, bytes).status == .created)
        #expect(await bench.act("/api/v1/configuration/revisions/\(digest)/activate").status == .ok)
        _ = await bench.act("/api/v1/orders/WO-2026-0117/unlock", #"{"reason": "limits"}"#)
        let opened = await bench.act("/api/v1/orders/WO-2026-0117/open", #"{"mode": "scan"}"#)
        #expect(opened.status == .ok, "\(opened.text)")
        _ = await bench.act("/api/v1/slots/B/start", #"{"serial": "ES0100002"}"#)
        await bench.until("B", ["passed"])
        let new = try #require(
            try await bench.store.reader.revisions().first { $0.planDigest != old.planDigest })
        let page = await bench.ask(
            .get,
            "/skus/compare?a=\(old.skuDigest)&b=\(new.skuDigest)&plan-a=\(old.planDigest)&plan-b=\(new.planDigest)",
            as: bench.console)
        #expect(page.status == .ok)
        #expect(page.text.contains("plan.tests."), "\(page.text)")
    }
}
