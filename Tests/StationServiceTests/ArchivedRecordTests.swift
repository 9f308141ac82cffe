import ContentAddress
import Foundation
import Ledger
import StationStore
import Testing

@testable import StationService

/// A service whose record's old entries have gone into an archive.
@Suite struct ArchivedRecordTests {
    /// What an API and a page say of the old unit.
    private func told(_ bench: ServiceBench) async throws -> (
        json: [String: Any], page: String, proof: Answer
    ) {
        let answer = await bench.ask(.get, "/api/v1/units/300000000000aa01", as: bench.console)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
        let page = await bench.ask(.get, "/units/300000000000aa01", as: bench.console)
        #expect(answer.status == .ok && page.status == .ok)
        let proof = await bench.ask(.get, "/api/v1/units/300000000000aa01/proof", as: bench.console)
        return (json, page.text, proof)
    }

    /// One old unit, enough entries behind it that it can leave, and the archive that it left for.
    private func archive(_ bench: ServiceBench, to file: String) async throws {
        let store = bench.store
        let digest = SHA256Digest(of: Array("sku".utf8))
        let run = try await store.startRun(
            RunStarted(
                slot: 1, sku: "lamp-eu", skuDigest: digest, planDigest: digest, fixture: "f", program: "tests"
            ))
        try await store.append(
            .unitIdentified(
                UnitIdentified(
                    run: run, device: "300000000000aa01", mac: "00000000aa01", impOS: "30",
                    flashJEDEC: "ef4015",
                    flashBytes: 2_097_152)))
        try await store.append(.runFinished(RunFinished(run: run, outcome: .failed, code: "T01")))
        for number in 0..<900 { _ = store.enqueue(.note(Note(text: "filler \(number)"))) }
        try await store.flush()
        _ = try await store.signCheckpoint()
        _ = try await store.archive(before: .max, to: file)
        try await store.close()
    }

    @Test func oldUnitsAreAnsweredFromTheArchive() async throws {
        let home = NSTemporaryDirectory() + "service-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        func bench(archive: String? = nil) async throws -> ServiceBench {
            var settings = ServiceSettings(home: home, program: "tests")
            settings.archive = archive
            return try await ServiceBench(settings: settings, units: 1, pace: 0, keepsHome: true)
        }
        try await archive(try await bench(), to: home + "/2025.db")

        let whole = try await bench()
        var (json, page, proof) = try await told(whole)
        #expect(json["elsewhere"] == nil && (json["entries"] as? [Int])?.count == 3)
        #expect(proof.status == .ok && !page.contains("2025.db"))
        try await whole.store.close()

        // Without the file the line works, and what is missing has a name.
        try FileManager.default.moveItem(atPath: home + "/2025.db", toPath: home + "/away.db")
        let without = try await bench()
        (json, page, proof) = try await told(without)
        #expect((json["elsewhere"] as? [String: Any])?["file"] as? String == "2025.db")
        #expect(page.contains("is in the archive 2025.db, which is not here"))
        #expect(proof.code == "SRV-ARCHIVED" && proof.text.contains("2025.db"))
        try await without.store.close()

        // Somebody else's file of that name stops no line; one that was named must be the right one.
        try Data("no archive".utf8).write(to: URL(filePath: home + "/2025.db"))
        let strange = try await bench()
        #expect(try await told(strange).json["elsewhere"] != nil)
        try await strange.store.close()
        await #expect(throws: StoreError.self) { _ = try await bench(archive: home + "/2025.db") }
    }

    @Test func theArchiveMayLieAnywhere() async throws {
        let home = NSTemporaryDirectory() + "service-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        var settings = ServiceSettings(home: home, program: "tests")
        try await archive(
            try await ServiceBench(settings: settings, units: 1, pace: 0, keepsHome: true),
            to: home + "/2025.db")
        try FileManager.default.moveItem(atPath: home + "/2025.db", toPath: home + "/away.db")
        settings.archive = home + "/away.db"
        let named = try await ServiceBench(settings: settings, units: 1, pace: 0, keepsHome: true)
        #expect(try await told(named).json["elsewhere"] == nil)
        try await named.store.close()
    }
}
