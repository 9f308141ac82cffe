import FaultyWire
import Foundation
import Plant
import StationStore
import Testing
import TimeAndChance

@Suite(.serialized, .enabled(if: TestCluster.programs != nil, Comment(rawValue: TestCluster.why)))
struct TroubleTests {
    let cluster: TestCluster

    init() throws { cluster = try #require(TestCluster.shared) }

    private func trouble(
        _ address: PlantAddress, _ patience: PlantPatience = .init(connecting: 2, silence: 2)
    ) async -> PlantError? {
        do {
            _ = try await PlantDatabase(address, patience: patience).heads()
            return nil
        } catch {
            return error as? PlantError
        }
    }

    @Test func aWrongPasswordIsSaidAndNeverShown() async throws {
        let plant = PlantDatabase(try cluster.address())
        try await plant.execute("CREATE ROLE secretive LOGIN PASSWORD 'right'")
        let address = try PlantAddress(
            "host=\(cluster.folder) user=secretive dbname=postgres password=sesame-9")
        let found = await trouble(address)
        guard case .turnedAway = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        for text in [found?.description ?? "", address.description] {
            let isShown = text.contains("sesame")
            #expect(!isShown, "\(text)")
        }
        let right = try PlantAddress("host=\(cluster.folder) user=secretive dbname=postgres password=right")
        guard case .schemaMissing = await trouble(right) else {
            Issue.record("the right password is refused")
            return
        }
        guard case .turnedAway = await trouble(try cluster.address("nowhere")) else {
            Issue.record("a database that is not there")
            return
        }
    }

    @Test func aPasswordOnTheCommandLineIsRefusedAndAnAddressIsNeverRepeated() {
        #expect(throws: PlantError.passwordInSight) {
            try PlantAddress("postgresql://ada:sesame@plant/db", isInSight: true)
        }
        #expect(throws: PlantError.passwordInSight) { try PlantAddress("password=sesame", isInSight: true) }
        for text in [
            "postgresql://ada:sesame@plant:5432/db?nonsense=1", "password=sesame hots=plant", "host='sesame",
        ] {
            do {
                _ = try PlantAddress(text)
                Issue.record("\(text) is an address")
            } catch {
                #expect(!error.description.contains("sesame"), "\(error)")
            }
        }
    }

    @Test func noTLSWhereItIsAskedForIsATroubleOfItsOwn() async throws {
        let wire = try #require(FaultyWire(to: cluster.folder + "/.s.PGSQL.5432"))
        for mode in ["require", "verify-full"] {
            let found = await trouble(
                try PlantAddress(
                    "host=127.0.0.1 port=\(wire.port) user=plant dbname=postgres sslmode=\(mode)"))
            guard case .insecure = found else {
                Issue.record("\(mode): \(String(describing: found))")
                continue
            }
        }
    }

    @Test func nobodyThereIsUnreachable() async throws {
        for text in ["host=127.0.0.1 port=1 user=plant", "host=/nowhere user=plant"] {
            guard case .unreachable = await trouble(try PlantAddress(text)) else {
                Issue.record("\(text)")
                continue
            }
        }
    }

    @Test func schemasThatAreMissingNewerOrOlderAreNamed() async throws {
        let address = try await cluster.newDatabase()
        guard case .schemaMissing = await trouble(address) else {
            Issue.record("no tables")
            return
        }
        let plant = PlantDatabase(address)
        #expect(try await plant.bringUpToDate() == ["0001-plant"])
        #expect(try await plant.bringUpToDate() == [])
        try await plant.execute("INSERT INTO plant_schema VALUES (99, 'from the future', 0)")
        #expect(await trouble(address) == .schemaNewer(found: 99, known: 1))
        await #expect(throws: PlantError.schemaNewer(found: 99, known: 1)) {
            _ = try await plant.bringUpToDate()
        }
        let station = try await TestStation("st-1")
        await #expect(throws: PlantError.schemaNewer(found: 99, known: 1)) {
            _ = try await station.pusher(address).push()
        }
        try await plant.execute("DELETE FROM plant_schema")
        #expect(await trouble(address) == .schemaOlder(found: 0, known: 1))
    }

    @Test func aConnectionOpenAtOneEndOnlyIsGivenUp() async throws {
        let (_, plant) = try await cluster.newPlant()
        let name = try #require(await plant.rows("SELECT current_database()").first?.first ?? nil)
        let wire = try #require(FaultyWire(to: cluster.folder + "/.s.PGSQL.5432"))
        let address = try PlantAddress("host=127.0.0.1 port=\(wire.port) user=plant dbname=\(name)")
        let station = try await TestStation("st-1")
        try await station.bless(1)
        var options = PlantPusher.Options(seed: 1)
        options.patience = PlantPatience(connecting: 1, silence: 1)
        let pusher = station.pusher(address, options)
        _ = try await pusher.push()
        try await station.bless(2)
        wire.condition = .halfOpen
        await #expect(throws: PlantError.self) { _ = try await pusher.push() }
        #expect(pusher.state.trouble?.contains("said nothing for 1 s") ?? false)
        // A new connection gets no further than the handshake.
        guard case .unreachable = await trouble(address, .init(connecting: 1, silence: 1)) else {
            Issue.record("half-open at the start")
            return
        }
        wire.condition = .sound
        #expect(try await pusher.push().sent > 0)
        #expect(try await plant.verify("st-1").isClean)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aWireThatBreaksAnywhereLosesAndDoublesNothing(seed: UInt64) async throws {
        let (_, plant) = try await cluster.newPlant()
        let name = try #require(await plant.rows("SELECT current_database()").first?.first ?? nil)
        let wire = try #require(FaultyWire(to: cluster.folder + "/.s.PGSQL.5432"))
        let address = try PlantAddress("host=127.0.0.1 port=\(wire.port) user=plant dbname=\(name)")
        let station = try await TestStation("st-1")
        for number in 1...12 { try await station.bless(number) }
        var dice = SeededGenerator(seed: seed)
        var options = PlantPusher.Options(seed: seed)
        options.mostEntries = 20
        let pusher = station.pusher(address, options)
        var breaks = 0
        while true {
            wire.reset(afterBytes: Int.random(in: 500...60_000, using: &dice))
            do {
                _ = try await pusher.push()
                break
            } catch let error as PlantError {
                guard error.isPassing else { throw error }
                breaks += 1
            }
        }
        let size = try #require(await station.reader.checkpoint()).size
        let check = try await plant.verify("st-1")
        #expect(check.findings == [] && check.entries == size, "seed \(seed), \(breaks) breaks")
        #expect(try await plant.alarms() == [])
    }

    @Test func followGoesOnAfterTroubleAndEndsWhenItIsCancelled() async throws {
        let (_, plant) = try await cluster.newPlant()
        let name = try #require(await plant.rows("SELECT current_database()").first?.first ?? nil)
        let wire = try #require(FaultyWire(to: cluster.folder + "/.s.PGSQL.5432"))
        let address = try PlantAddress("host=127.0.0.1 port=\(wire.port) user=plant dbname=\(name)")
        let station = try await TestStation("st-1")
        try await station.bless(1)
        wire.condition = .cut
        let time = StepTime()
        let pusher = PlantPusher(
            reader: station.reader, address: address, options: .init(seed: 3), clock: station.clock,
            time: time)
        let (heard, tell) = AsyncStream<Bool>.makeStream()
        let work = Task {
            await pusher.follow { result in
                if case .success = result {
                    tell.yield(true)
                } else {
                    wire.condition = .sound
                    tell.yield(false)
                }
            }
        }
        var events: [Bool] = []
        for await event in heard {
            events.append(event)
            if event { break }
        }
        work.cancel()
        await work.value
        #expect(events == [false, true])
        #expect(pusher.state.failures == 0 && pusher.state.waiting == 0)
        #expect(try await plant.verify("st-1").isClean)
    }
}
