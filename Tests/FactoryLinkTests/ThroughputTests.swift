import Testing
import TimeAndChance

@testable import FactoryLink

@Suite("FIFO and throughput") struct ThroughputTests {
    private func sector(_ fill: (inout SeededGenerator) -> UInt8) -> WriteFlash {
        var chance = SeededGenerator(seed: 4096)
        return WriteFlash(address: 0x1000, data: (0..<4096).map { _ in fill(&chance) })
    }

    private static let patterns: [(name: String, fill: @Sendable (inout SeededGenerator) -> UInt8)] = [
        ("random", { UInt8.random(in: 0...255, using: &$0) }),
        ("erased", { _ in 0xFF }), ("zeros", { _ in 0 }), ("ones", { _ in 1 }),
    ]

    @Test func aSectorIsLimitedByTheWire() async throws {
        for (name, fill) in Self.patterns {
            var behaviour = UnitBehaviour()
            behaviour.execute = { _ in (.zero, false, Nothing().answer) }
            let unit = SimulatedUnit(behaviour, seed: 1)
            let client = LinkClient(stream: unit, time: unit, seed: 1)
            try await client.connect()
            let (bytesBefore, timeBefore) = (await unit.bytesToUnit, await unit.clock)
            _ = try await client.ask(sector(fill))
            let sent = await unit.bytesToUnit - bytesBefore
            let took = await unit.clock - timeBefore
            #expect(4096.0 / Double(sent) >= 0.96, "\(name): \(sent) bytes on the wire for 4096")
            // 10 bits a byte; 1 ms of latency each way is the simulated adapter's.
            let ideal = Duration.nanoseconds(4096 * 10_000_000_000 / 921_600)
            #expect(ideal / (took - .milliseconds(2)) >= 0.93, "\(name): \(took)")
            #expect(ideal / took >= 0.90, "\(name): with 1 ms latency each way \(took)")
        }
    }

    @Test func readingASectorIsLimitedByTheWire() async throws {
        var behaviour = UnitBehaviour()
        let data = sector { UInt8.random(in: 0...255, using: &$0) }.data
        behaviour.execute = { _ in (.zero, false, FlashContent(data: data).answer) }
        let unit = SimulatedUnit(behaviour, seed: 1)
        let client = LinkClient(stream: unit, time: unit, seed: 1)
        try await client.connect()
        let before = await unit.bytesToStation
        #expect(try await client.ask(ReadFlash(address: 0, length: 4096)).data == data)
        #expect(4096.0 / Double(await unit.bytesToStation - before) >= 0.96)
    }

    @Test func anEightyByteFIFOIsNeverOverrun() async throws {
        // No flow control, a firmware that looks after its UART each 3 ms only: 276 bytes at this rate.
        var behaviour = UnitBehaviour()
        behaviour.limits = .firmwareBareFIFO
        behaviour.fifo = 80
        behaviour.service = .milliseconds(3)
        let unit = SimulatedUnit(behaviour, seed: 2)
        let client = LinkClient(stream: unit, time: unit, seed: 2)
        try await client.connect()
        #expect(await unit.overrun == 0, "before the limits are known")
        let write = sector { UInt8.random(in: 0...255, using: &$0) }
        let result = try await client.request(write.request, within: .seconds(10))
        #expect(result == write.arguments)
        #expect(await unit.overrun == 0, "with the limits")
    }

    @Test func aFIFOThatIsOverrunCostsTimeOnly() async throws {
        // The firmware promises more than its FIFO holds, and each write keeps the processor.
        var behaviour = UnitBehaviour()
        behaviour.limits = LinkLimits(frame: 64, window: 512, message: 8192)
        behaviour.fifo = 80
        behaviour.service = .milliseconds(2)
        behaviour.execute = { request in (.seconds(3), true, .result(request.arguments)) }
        let unit = SimulatedUnit(behaviour, seed: 3)
        let client = LinkClient(stream: unit, time: unit, seed: 3)
        let write = WriteFlash(address: 0, data: (0..<1000).map { UInt8(truncatingIfNeeded: $0) })
        #expect(try await client.request(write.request, within: .seconds(60)) == write.arguments)
        #expect(await unit.overrun > 0, "the model does lose bytes")
        #expect(await unit.executed.count == 1)
    }

    @Test func questionsWhileTheProcessorIsKeptStayFew() async throws {
        var behaviour = UnitBehaviour()
        behaviour.fifo = 80
        behaviour.limits = .firmwareBareFIFO
        behaviour.execute = { _ in (.seconds(4), true, .result([:])) }
        let unit = SimulatedUnit(behaviour, seed: 4)
        let client = LinkClient(stream: unit, time: unit, seed: 4)
        try await client.connect()
        let before = await unit.bytesToUnit
        _ = try await client.ask(ClearConfiguration())
        let request = FrameCodec.encode(
            Frame(.request, body: try ClearConfiguration().request.encoded())
        ).count
        #expect(await unit.bytesToUnit - before <= request + 10 * 19)
        #expect(await unit.clock < .milliseconds(4100), "the answer is taken as soon as it is there")
    }

    @Test func aSlowLineIsNotTakenForADeadOne() async throws {
        var behaviour = UnitBehaviour()
        behaviour.bitRate = 9600
        let unit = SimulatedUnit(behaviour, seed: 5)
        let client = LinkClient(stream: unit, time: unit, timing: LinkTiming(bitRate: 9600), seed: 5)
        try await client.connect()
        let before = await unit.bytesToUnit
        _ = try await client.request(sector { _ in 0x5A }.request, within: .seconds(20))
        #expect(await unit.bytesToUnit - before < 4500, "nothing is repeated on a clean line")
    }

    @Test func aSlowAdapterBreedsNoRepetitions() async throws {
        // Each turn-round takes longer than the station's patience: every burst is asked after while its reply is
        // still on the way, and each reply to a past question must be known as such.
        var behaviour = UnitBehaviour()
        behaviour.latency = .milliseconds(350)
        behaviour.limits = LinkLimits(frame: 256, window: 1024, message: 8192)
        behaviour.execute = { _ in (.zero, false, Nothing().answer) }
        let unit = SimulatedUnit(behaviour, seed: 6)
        let client = LinkClient(stream: unit, time: unit, seed: 6)
        try await client.connect()
        let before = await unit.bytesToUnit
        _ = try await client.request(sector { _ in 0x5A }.request, within: .seconds(60))
        let sent = await unit.bytesToUnit - before
        #expect(sent < 4096 * 5 / 4, "\(sent) bytes for 4096")
    }
}
