import Testing

@testable import ImpEmulator

/// What each fault of router, name server and air does.
enum NetworkFaultEffects {
    static let table: [String: @Sendable (Desk) throws -> Void] = [
        "router-blocks": { desk throws in
            try desk.runFactoryFirmware()
            #expect(try desk.module.connection.port == 993)
        },
        "captive-dns": { try isAwayForAWhile($0, from: .seconds(5), for: .seconds(20)) },
        "html-dns": { try isAwayForAWhile($0, from: .seconds(5), for: .seconds(20)) },
        "no-dns": { try isAwayForAWhile($0, from: .seconds(6), for: .seconds(30)) },
        "server-down": { try isAwayForAWhile($0, from: .seconds(8), for: .seconds(10)) },
        "no-dhcp": { desk throws in
            try desk.powerUp()
            try desk.blinkUp()
            desk.run(.seconds(10))
            #expect(try desk.module.connection.stage == .gettingAddress)
            #expect(try desk.module.led.pattern == .gettingAddress)
        },
        "drop-acks": { desk throws in
            try desk.runFactoryFirmware()
            for _ in 0..<20 {
                try desk.server.log("again")
                desk.run(.seconds(2))
            }
            #expect(try desk.module.connection.packets.retransmissions > 4)
        },
        "slow-frames": { desk throws in
            try desk.runFactoryFirmware()
            let packets = try desk.module.connection.packets
            let join = try #require(packets.first { if case .joining = $0 { true } else { false } })
            let joined = try #require(packets.first { if case .joined = $0 { true } else { false } })
            #expect(joined - join == .milliseconds(3_420))
        },
        "wifi-crash": { desk throws in
            try desk.runFactoryFirmware()
            desk.run(.seconds(10))
            #expect(try desk.module.connection.packets.first { $0 == .radioRestarted } != nil)
        },
    ]

    /// Nothing reaches the server while the fault is there, and everything does afterwards.
    fileprivate static func isAwayForAWhile(_ desk: Desk, from begin: Duration, for length: Duration) throws {
        try desk.bench.setPower(true)
        let start = desk.now
        let module = try desk.module
        desk.run { module.phase == .unconfigured }
        try desk.blinkUp()
        desk.run(start + begin + .seconds(1) - desk.now)
        var away = 0
        for _ in 0..<Int(length.inSeconds - 3) {
            desk.run(.seconds(1))
            away += module.connection.isConnected ? 0 : 1
        }
        // A connection that is up does not need a name server.
        let needsIt = module.connection.packets.entries.contains {
            $0.at < start + begin && $0.event == .accepted(port: 31_314)
        }
        #expect(away > 0 || needsIt)
        desk.run(.seconds(40))
        #expect(module.connection.isConnected)
    }
}
