import Testing

@testable import ImpEmulator

@Suite struct RadioTests {
    /// R1: scanning needs no connection, and the radio is off again behind it.
    @Test func scansWithWiFiOff() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let radio = try desk.module.radio
        #expect(radio.isPowered)
        try desk.server.disconnect()
        #expect(!radio.isPowered)
        var found: [ScanResult]?
        try desk.imp.beginWiFiScan(callback: { found = $0 })
        #expect(radio.isPowered)
        #expect(throws: ImpAPIError("scan already running in imp.scanwifinetworks(callback)")) {
            try desk.imp.beginWiFiScan(callback: { _ in })
        }
        let begin = desk.now
        desk.run { found != nil }
        #expect(desk.now - begin == .milliseconds(110 * 11))
        #expect(!radio.isPowered)
        let results = try #require(found)
        #expect(results.count == 12)
        #expect(results.allSatisfy { $0.bssid.count == 12 && (-95 ... -11).contains($0.rssi) })
        #expect(results.map(\.rssi) == results.map(\.rssi).sorted(by: >))
        #expect(results.contains { $0.ssid == "channel-3" && $0.open })
        #expect(results.contains { $0.ssid == "factory-floor" && !$0.open })
    }

    @Test func nothingOnAirIsAnEmptyList() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.setSendTimeoutPolicy(.returnOnError)
        try desk.module.radio.environment = RadioEnvironment(accessPoints: [])
        #expect(try desk.result { try desk.imp.scanWiFiNetworks(then: $0) }.isEmpty)
    }

    /// K1: scans eat memory that `getmemoryfree` does not show, until the module restarts.
    @Test func scansLeakUntilTheRestart() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let free = try desk.imp.getMemoryFree()
        var scans = 0
        var restarted = false
        while !restarted, scans < 100 {
            let starts = try desk.module.starts
            var done = false
            try desk.imp.scanWiFiNetworks { _ in done = true }
            let module = try desk.module
            desk.run { done || module.starts > starts }
            scans += 1
            restarted = module.starts > starts
            if !restarted { #expect(try desk.imp.getMemoryFree() == free) }
        }
        #expect((10...40).contains(scans))
        #expect(try desk.module.log.last == "out of memory")
        try desk.awaitProgram(.factory)
        #expect(try desk.hardware.wakeReason() == 2)
        #expect(try desk.module.leakedBytes == 0)
    }

    @Test func deepSleepForZeroGivesTheMemoryBackAndARestartOfSquirrelDoesNot() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        for _ in 0..<3 { _ = try desk.result { try desk.imp.scanWiFiNetworks(then: $0) } }
        let leaked = try desk.module.leakedBytes
        #expect(leaked > 0)
        _ = try desk.imp.wakeup(after: 0) { throw ImpAPIError("again") }
        desk.run(.milliseconds(10))
        try desk.awaitProgram(.factory)
        #expect(try desk.module.leakedBytes == leaked)
        try desk.imp.deepSleepFor(0)
        try desk.awaitProgram(.factory)
        #expect(try desk.module.leakedBytes == 0)
    }

    @Test func withoutTheKnownIssueAThousandScansAreFine() throws {
        let desk = try Desk { $0.release.knownIssues.scanLeaks = false }
        try desk.runFactoryFirmware()
        let starts = try desk.module.starts
        for _ in 0..<100 { _ = try desk.result { try desk.imp.scanWiFiNetworks(then: $0) } }
        #expect(try desk.module.starts == starts)
    }

    /// K2: 31 characters join, 32 do not, unless the issue is switched off.
    @Test(arguments: [(31, true, true), (32, true, false), (32, false, true)])
    func longNames(length: Int, issue: Bool, joins: Bool) throws {
        let name = String(repeating: "n", count: length)
        let desk = try Desk {
            $0.release.knownIssues.longSSIDFails = issue
            $0.radio.accessPoints[0].ssid = name
        }
        try desk.powerUp()
        try desk.blinkUp(.init(ssid: name, password: "blessed-be-the-line"))
        desk.run(.seconds(30))
        #expect(try desk.module.connection.isConnected == joins)
    }

    @Test(arguments: ["wrong password", ""])
    func aWrongPasswordDoesNotJoin(password: String) throws {
        let desk = try Desk()
        try desk.powerUp()
        try desk.blinkUp(.init(ssid: "factory-floor", password: password))
        desk.run(.seconds(30))
        #expect(try !desk.module.connection.isConnected)
        #expect(try desk.module.led.pattern == .searching)
    }

    @Test func theStrongestOfSeveralIsJoined() throws {
        let desk = try Desk { setup in
            var second = setup.radio.accessPoints[0]
            second.bssid[5] = 0x77
            second.channel = 11
            second.rssi = -30
            setup.radio.accessPoints.append(second)
        }
        try desk.runFactoryFirmware()
        #expect(try desk.imp.getChannel() == 11)
        #expect(try desk.imp.getBSSID() == "021b2e002477")
        #expect(try desk.imp.getSSID() == "factory-floor")
    }
}

@Suite struct ConnectionTests {
    /// R2: without a figure the attempt ends after 60 s.
    @Test(arguments: [nil, 10.0, 2.5])
    func timeouts(timeout: Double?) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.disconnect()
        try desk.module.radio.environment = RadioEnvironment(accessPoints: [])
        var reason: Int?
        let begin = desk.now
        if let timeout {
            try desk.server.connect(timeout: timeout) { reason = $0 }
        } else {
            try desk.server.connect { reason = $0 }
        }
        desk.run { reason != nil }
        #expect(reason == ConnectionReason.noWiFi.rawValue)
        #expect(desk.now - begin == .wholeNanoseconds(ofSeconds: timeout ?? 60))
    }

    /// R3: each stage that fails has its own reason.
    @Test(arguments: [
        (NetworkPath(assignsAddress: false), 2), (NetworkPath(resolvesNames: false), 3),
        (NetworkPath(reachesServer: false), 4), (.working, 5),
    ])
    func reasonsOfAnAttempt(path: NetworkPath, expected: Int) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.disconnect()
        try desk.module.radio.environment.accessPoints[0].network = path
        var reason: Int?
        try desk.server.connect(timeout: 25) { reason = $0 }
        desk.run { reason != nil }
        #expect(reason == expected)
        #expect(try desk.server.isConnected() == (expected == 5))
    }

    /// R3: a connection that stood; 0 is for every other reason.
    @Test(
        arguments: [
            (NetworkPath(assignsAddress: false), 2), (NetworkPath(reachesServer: false), 4),
            (NetworkPath(keepsConnection: false), 0), (nil, 1),
        ] as [(NetworkPath?, Int)])
    func reasonsOfALoss(path: NetworkPath?, expected: Int) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.setSendTimeoutPolicy(.returnOnError)
        var reason: Int?
        try desk.server.onUnexpectedDisconnect { reason = $0 }
        if let path {
            try desk.module.radio.environment.accessPoints[0].network = path
        } else {
            try desk.module.radio.environment = RadioEnvironment(accessPoints: [])
        }
        desk.run { reason != nil }
        #expect(reason == expected)
        #expect(try !desk.server.isConnected())
    }

    @Test func onlyTheLatestCallbackIsKept() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.disconnect()
        var calls: [String] = []
        try desk.server.connect { _ in calls.append("first") }
        try desk.server.connect { _ in calls.append("second") }
        desk.run(.seconds(10))
        #expect(calls == ["second"])
        try desk.server.connect { _ in calls.append("connected already") }
        desk.run(.milliseconds(1))
        #expect(calls.last == "connected already")
    }

    @Test func suspendOnErrorHoldsTheProgramUntilTheServerIsBack() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        var beats = 0
        let imp = try desk.imp
        func beat() {
            _ = imp.wakeup(after: 1) {
                beats += 1; beat()
            }
        }
        beat()
        desk.run(.milliseconds(2500))
        #expect(beats == 2)
        var woken = false
        imp.sleep(5) { _ in woken = true }
        let environment = try desk.module.radio.environment
        try desk.module.radio.environment = RadioEnvironment(accessPoints: [])
        desk.run(.seconds(20))
        #expect(beats == 2)
        #expect(!woken, "a call does not return to a program that stands still")
        try desk.module.radio.environment = environment
        desk.run(.seconds(10))
        #expect(woken)
        #expect(beats > 2)
    }

    @Test func aHundredReconnections() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let starts = try desk.module.starts
        for _ in 0..<100 {
            try desk.server.disconnect()
            var reason: Int?
            try desk.server.connect { reason = $0 }
            desk.run { reason != nil }
            #expect(reason == 5)
        }
        #expect(try desk.module.starts == starts)
        #expect(try desk.result { try desk.server.flush(10, then: $0) })
    }
}
