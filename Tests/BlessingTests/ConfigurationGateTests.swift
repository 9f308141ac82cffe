import ContentAddress
import Foundation
import Imp003
import Ledger
import StationConfig
import StationStore
import Testing

@testable import Blessing

@Suite struct ConfigurationGateTests {
    let maria: StationKey
    let paul: StationKey

    init() throws {
        maria = try StationKey.generate(name: "maria")
        paul = try StationKey.generate(name: "paul")
    }

    private func station(mode: String = "production") async throws -> TestStation {
        try await TestStation { folder in
            let file = URL(fileURLWithPath: folder + "/station.yaml")
            let text = try String(contentsOf: file, encoding: .utf8)
            try Data((text + "\nmode: \(mode)\ntrusted-engineers: [\(maria.verifier.text)]\n").utf8).write(
                to: file)
        }
    }

    private func sign(_ station: TestStation, _ key: StationKey) throws {
        let note = try ConfigSignature(of: try ConfigRevision(folder: station.folder.root).digest, by: key)
        try Data(note.text.utf8).write(
            to: URL(fileURLWithPath: "\(station.folder.root)/\(ConfigSignature.file)"))
    }

    private func pin(_ station: TestStation, _ trust: ConfigTrust? = nil) async throws {
        try await station.store.append(
            .configurationChanged(
                ConfigurationChanged(
                    change: .trusted, revision: (trust ?? station.folder.station.trust).digest, by: "ada",
                    place: "console", reason: "live")))
    }

    private func admit(_ station: TestStation, _ order: String = "WO-2026-0117") async throws {
        try await ConfigurationGate(folder: station.folder, store: station.store).admit(
            try station.plan(order))
    }

    @Test func aSignedRevisionPassesAndWhoSignedIsInTheRecord() async throws {
        let station = try await station()
        try sign(station, maria)
        try await pin(station)
        try await admit(station)
        try await admit(station)
        let used = try await station.store.reader.configurations(.used)
        #expect(used.count == 1 && used.first?.signedBy == "maria")
        let revision = try ConfigRevision(folder: station.folder.root).digest.hex
        #expect(used.first?.revision == revision)
        #expect(try await station.store.reader.orderLock("WO-2026-0117") == revision)
        // Sealed: the key's name is not in the entry.
        let entry = try await station.store.reader.entries(
            EntryFilter(kinds: ["configuration.changed"], newestFirst: true))
        #expect(entry.first?.entry.contains("maria") == false)
    }

    @Test func nothingPassesThatIsNotSigned() async throws {
        let station = try await station()
        try await pin(station)
        func refusal() async -> ConfigCode? {
            do {
                try await admit(station)
                return nil
            } catch { return (error as? ConfigProblem)?.code }
        }
        #expect(await refusal() == .notSigned)
        try sign(station, paul)
        #expect(await refusal() == .signerNotTrusted)
        try sign(station, maria)
        #expect(await refusal() == nil)
        let file = station.folder.root + "/skus/env-sensor-us.yaml"
        try Data((try String(contentsOfFile: file, encoding: .utf8) + "\n# later\n").utf8)
            .write(to: URL(fileURLWithPath: file))
        #expect(await refusal() == .revisionChanged)
        #expect(try await station.store.reader.configurations(.used).count == 1)
    }

    /// Whoever can write station.yaml still can't let anybody else sign, nor go back to running anything.
    @Test func theListOfEngineersIsPinned() async throws {
        let station = try await station()
        try sign(station, maria)
        let digest = station.folder.station.trust.digest.hex
        await #expect(throws: GateRefusal.trustChanged(pinned: nil, found: digest)) {
            try await admit(station)
        }
        let other = ConfigTrust(mode: .production, engineers: [paul.verifier])
        try await pin(station, other)
        await #expect(throws: GateRefusal.trustChanged(pinned: other.digest.hex, found: digest)) {
            try await admit(station)
        }
        try await pin(station)
        try await admit(station)

        let lax = try await self.station(mode: "development")
        try await admit(lax)
        try await pin(lax, station.folder.station.trust)
        await #expect(throws: GateRefusal.self) { try await admit(lax) }
    }

    @Test func anOrderKeepsItsRevisionUntilSomebodyLetsItGo() async throws {
        let station = try await station()
        try sign(station, maria)
        try await pin(station)
        try await admit(station)
        let first = try ConfigRevision(folder: station.folder.root).digest.hex
        try Data("x".utf8).write(to: URL(fileURLWithPath: station.folder.root + "/images/more.bin"))
        try sign(station, maria)
        let second = try ConfigRevision(folder: station.folder.root).digest.hex
        await #expect(
            throws: GateRefusal.orderPinned(order: "WO-2026-0117", revision: first, found: second)
        ) { try await admit(station) }
        // Another order takes the new one.
        try await admit(station, "WO-2026-0118")
        try await station.store.append(
            .orderUnlocked(OrderUnlocked(order: "WO-2026-0117", by: "ada", reason: "limits mended")))
        try await admit(station)
        #expect(try await station.store.reader.orderLock("WO-2026-0117") == second)
        await #expect(throws: StoreError.refused(.orderNotLocked("WO-9"))) {
            try await station.store.append(
                .orderUnlocked(OrderUnlocked(order: "WO-9", by: "ada", reason: "r")))
        }
        #expect(try await station.store.reader.verify().findings == [])
    }
}
