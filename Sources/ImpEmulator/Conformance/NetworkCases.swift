import Fixturing

/// Wireless and connectivity: what the router, the packet log and the clock show.
extension ConformanceCase {
    /// Rows of radio, connection, cloud and BlinkUp.
    static let network: [ConformanceCase] = wireless + connectivity + blinkUpCases + regulatory

    private static let wireless: [ConformanceCase] = [
        ConformanceCase(.r1, "scan with WiFi off", program: .init("r01", PackageResources.r01_nut)) { bench in
            try bench.start()
            bench.run(atMost: .seconds(20)) { bench.values["phase"] == "off" }
            let radio = try bench.module.radio
            let before = radio.isPowered
            bench.run(atMost: .seconds(5)) { bench.values["phase"] == "scanning" }
            bench.run(.milliseconds(100))
            let during = radio.isPowered
            bench.run(atMost: .seconds(5)) { bench.values["networks"] != nil }
            bench.run(.milliseconds(10))
            return [
                .bool("radio_before", before), .bool("radio_during", during),
                .bool("radio_after", radio.isPowered), .logged("networks", bench),
            ]
        },
        ConformanceCase(
            .r2, "connect gives up after 60 s, or as told", program: .init("r02", PackageResources.r02_nut),
            prepare: { $0.line.radio.accessPoints = [] }
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(200)) {
                bench.values["given"] != nil || bench.values["refused"] != nil
            }
            return [
                .logged("default", bench, unit: "s"), .logged("given", bench, unit: "s"),
                .logged("reason", bench),
            ]
        },
        ConformanceCase(.r3, "reasons of a loss", program: .init("r03", PackageResources.r03_nut)) { bench in
            try bench.start()
            bench.run(atMost: .seconds(20)) { bench.values["ready"] != nil }
            let module = try bench.module
            let floor = module.radio.environment
            let losses: [(String, NetworkPath?)] = [
                ("other", NetworkPath(keepsConnection: false)),
                ("address", NetworkPath(assignsAddress: false)),
                ("server", NetworkPath(reachesServer: false)), ("wifi", nil),
            ]
            var readings: [ConformanceReading?] = []
            for (index, (name, path)) in losses.enumerated() {
                module.radio.environment = floor.behind(path)
                bench.run(atMost: .seconds(30)) { bench.values["lost\(index + 1)"] != nil }
                readings.append(.logged("lost\(index + 1)", bench, as: name))
                // A name that can't be resolved is a reason of the attempt that follows.
                if path == nil {
                    let attempt = (bench.values.keys.count { $0.hasPrefix("attempt") }) + 1
                    module.radio.environment = floor.behind(NetworkPath(resolvesNames: false))
                    bench.run(atMost: .seconds(30)) { bench.values["attempt\(attempt)"] != nil }
                    readings.append(.logged("attempt\(attempt)", bench, as: "name"))
                } else {
                    module.radio.environment = floor
                    bench.run(atMost: .seconds(30)) { module.connection.isConnected }
                    bench.run(.seconds(1))
                }
            }
            return readings
        },
        ConformanceCase(
            .r18, "join at a weak signal", program: .init("r18", PackageResources.r18_nut),
            prepare: { setup in
                for index in setup.line.radio.accessPoints.indices {
                    setup.line.radio.accessPoints[index].frameDelay = .milliseconds(1_500)
                }
            }
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(30)) { bench.values["connected"] != nil }
            let packets = try bench.module.connection.packets
            return [
                .seconds(
                    "join", from: packets.first { if case .joining = $0 { true } else { false } },
                    to: packets.first { if case .joined = $0 { true } else { false } }),
                .logged("connected", bench),
            ]
        },
        ConformanceCase(
            .r19, "join among several access points", program: .init("r19", PackageResources.r19_nut),
            prepare: { setup in
                for number in 0..<5 {
                    var point = setup.line.radio.accessPoints[0]
                    point.bssid[5] = UInt8(0x80 + number)
                    point.channel = 1 + 2 * number
                    point.rssi -= 3 * (number + 1)
                    setup.line.radio.accessPoints.append(point)
                }
            }
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(60)) { bench.values["connected"] != nil }
            let connection = try bench.module.connection
            return [
                .seconds(
                    "join", from: connection.attemptedAt,
                    to: connection.packets.first { if case .joined = $0 { true } else { false } }),
                .logged("connected", bench),
            ]
        },
    ]

    private static let connectivity: [ConformanceCase] = [
        ConformanceCase(
            .r15, "993 when 31314 is blocked", program: .init("r15", PackageResources.r15_nut),
            prepare: { $0.line.radio = $0.line.radio.with { $0.network.blockedPorts = [31_314] } }
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(90)) { bench.values["connected"] != nil }
            var ports: [Int] = []
            for entry in try bench.module.connection.packets.entries {
                if case .connecting(let port) = entry.event, !ports.contains(port) { ports.append(port) }
            }
            return [
                .text("ports", ports.map(String.init).joined(separator: " ")), .logged("connected", bench),
            ]
        },
        ConformanceCase(
            .r16, "a captive portal is forgotten", program: .init("r16", PackageResources.r16_nut)
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(20)) { bench.values["online"] == "1" }
            let module = try bench.module
            let floor = module.radio.environment
            let starts = module.starts
            var readings: [ConformanceReading?] = []
            for (index, answer) in [NetworkPath.NameAnswer.wrongAddress, .htmlPage].enumerated() {
                module.radio.environment = floor.with { $0.network.nameAnswer = answer }
                bench.run(.seconds(30))
                module.radio.environment = floor
                let mended = bench.now
                bench.run(atMost: .seconds(60)) { bench.values["online"] == "\(index + 2)" }
                guard bench.values["online"] == "\(index + 2)" else { break }
                readings.append(.seconds(answer.rawValue, from: mended, to: bench.now))
            }
            return readings + [.number("restarts", Double(module.starts - starts))]
        },
        ConformanceCase(
            .r17, "window updates come by themselves", program: .init("r17", PackageResources.r17_nut),
            prepare: { $0.agent = .init("r17.agent", PackageResources.r17_agent_nut) }
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(30)) { bench.values["got"] != nil }
            let packets = try bench.module.connection.packets
            let received = packets.entries.filter { if case .received = $0.event { true } else { false } }
            return [
                .logged("got", bench, unit: "B"),
                .number("retries", Double(packets.windowProbes + packets.retransmissions)),
                .seconds("transfer", from: received.first?.at, to: received.last?.at),
            ]
        },
        ConformanceCase(
            .r20, "flush survives repeated segments", program: .init("r20", PackageResources.r20_nut),
            prepare: { $0.line.radio = $0.line.radio.with { $0.network.acknowledgementLoss = 0.75 } }
        ) { bench in
            try bench.start()
            let module = try bench.module
            bench.run(atMost: .seconds(90)) { bench.values["flushed"] != nil || module.starts > 1 }
            return [
                .logged("flushed", bench), .number("restarts", Double(module.starts - 1)),
                .number("repeated", Double(module.connection.packets.retransmissions)),
            ]
        },
        ConformanceCase(
            .r21, "data over a hundred connections", program: .init("r21", PackageResources.r21_nut)
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(600)) { bench.values["cycles"] != nil }
            return [.logged("cycles", bench), .logged("broken", bench)]
        },
        ConformanceCase(
            .n8, "a crash of the radio's firmware", program: .init("n08", PackageResources.n08_nut)
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(20)) { bench.values["ready"] != nil }
            let module = try bench.module
            bench.run(.milliseconds(900))
            module.suffer(.wifiCrash)
            bench.run(atMost: .seconds(40)) { bench.values["losses"] != nil }
            return [
                .logged("losses", bench), .logged("sent", bench),
                .number("restarts", Double(module.starts - 1)),
                .number("repeated", Double(module.connection.packets.retransmissions)),
            ]
        },
    ]

    private static let blinkUpCases: [ConformanceCase] = [
        ConformanceCase(
            .r36, "new code before cached code after BlinkUp", program: .init("r36", PackageResources.r36_nut)
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(20)) { bench.values["ran"] != nil }
            bench.run(.seconds(1))
            try bench.bench.setPower(false)
            let module = try bench.module
            // Somebody replaces the program on the server.
            _ = module.cloud.bless(
                deviceID: module.deviceID.text, ordinal: module.recipe.ordinal, testSuccess: true,
                override: nil)
            try bench.bench.setPower(true)
            bench.run(atMost: .seconds(10)) { module.phase == .unconfigured }
            try bench.bench.blinkUp(FactoryNetwork.floor, token: EmulatedCloud.lineToken)
            let begin = bench.now
            bench.run(atMost: .seconds(30)) {
                module.phase == .loading(.application) || module.phase == .running(.factory)
            }
            let isNew = module.phase == .loading(.application)
            return [.text("first", isNew ? "new" : "cached"), .seconds("after", from: begin, to: bench.now)]
        },
        ConformanceCase(.r37, "enableblinkup(false)", program: .init("r37", PackageResources.r37_nut)) {
            bench in
            try bench.start()
            let begin = bench.now
            bench.run(atMost: .seconds(20)) { bench.values["ready"] != nil }
            let module = try bench.module
            bench.run(begin + .seconds(30) - bench.now)
            let early = bench.ledShines(for: .seconds(2))
            bench.run(atMost: .seconds(60)) { bench.values["reason"] != nil }
            let late = bench.ledShines(for: .seconds(2))
            try bench.bench.blinkUp(FactoryNetwork(ssid: "elsewhere", password: ""), token: "")
            bench.run(.milliseconds(100))
            return [
                .bool("led_at_30s", early), .bool("led_after_60s", late),
                .bool("blinkup_after_60s", module.config.wifi?.ssid == Array("elsewhere".utf8)),
            ]
        },
        ConformanceCase(
            .r38, "LED after a wake by pin W", program: .init("r38", PackageResources.r38_nut),
            prepare: {
                $0.line.board.elements.append(.fixtureLine(name: "wake", pin: .w, restingLow: true))
            }
        ) { bench in
            try bench.start()
            let module = try bench.module
            bench.run(atMost: .seconds(20)) { module.phase == .asleep }
            bench.run(.seconds(61))
            try bench.bench.drive("wake", to: true)
            bench.run(atMost: .seconds(5)) { bench.values["woke"] != nil }
            let quiet = !bench.ledShines(for: .milliseconds(1_800))
            bench.run(atMost: .seconds(10)) { bench.values["reason"] != nil }
            let stretches = bench.ledStretches(for: .seconds(3)).dropFirst().dropLast()
            return [
                .bool("dark_before_connecting", quiet), .logged("reason", bench),
                .longest("connected_on", stretches.filter { $0.colour == .green }),
                .longest("connected_off", stretches.filter { $0.colour == .off }),
            ]
        },
        light(
            .r39, "a phone that slides away", program: .init("r39", PackageResources.r39_nut), .slidingPhone),
        light(.r40, "a screen that jitters", program: .init("r40", PackageResources.r40_nut), .jitteryPhone),
    ]

    /// BlinkUp under conditions that are not those of a fixture.
    private static func light(
        _ row: RowID, _ title: String, program: ConformanceProgram, _ conditions: LightConditions
    ) -> ConformanceCase {
        ConformanceCase(
            row, title, program: program,
            prepare: {
                $0.line.light = conditions
                $0.config = ModuleConfig()
            }
        ) { bench in
            try bench.bench.setPower(true)
            let module = try bench.module
            bench.run(atMost: .seconds(10)) { module.phase == .unconfigured }
            try bench.bench.blinkUp(FactoryNetwork.floor, token: EmulatedCloud.lineToken)
            bench.run(.milliseconds(100))
            let isGreen = module.led.indicator == .green
            bench.run(atMost: .seconds(20)) { bench.values["ran"] != nil }
            return [.bool("accepted", isGreen), .bool("ran", bench.values["ran"] != nil)]
        }
    }

    private static let regulatory: [ConformanceCase] = [
        ConformanceCase(.n5, "channels of a region", program: .init("n05", PackageResources.n05_nut)) {
            bench in
            try bench.start()
            bench.run(atMost: .seconds(30)) { bench.values["eu"] != nil }
            return [.logged("us", bench), .logged("eu", bench)]
        },
        ConformanceCase(
            .n6, "the region is the factory's", program: .init("n06", PackageResources.n06_nut),
            prepare: { $0.config.code = .application }
        ) { bench in
            let module = try bench.module
            _ = module.cloud.bless(
                deviceID: module.deviceID.text, ordinal: module.recipe.ordinal, testSuccess: true,
                override: nil)
            try bench.start()
            bench.run(atMost: .seconds(30)) { bench.values["after"] != nil }
            return [
                .logged("accepted", bench), .text("before", bench.values["before"]),
                .text("after", bench.values["after"]),
            ]
        },
        ConformanceCase(.n7, "a radio image of one's own", program: .init("n07", PackageResources.n07_nut)) {
            bench in
            try bench.start()
            bench.run(atMost: .seconds(60)) { bench.values["foreign"] != nil }
            return [.logged("receipt", bench), .logged("own", bench), .logged("foreign", bench)]
        },
        ConformanceCase(
            .k1, "scans eat memory that nobody shows", program: .init("k01", PackageResources.k01_nut)
        ) { bench in
            try bench.start()
            let module = try bench.module
            bench.run(atMost: .seconds(200)) {
                bench.values["restarted"] != nil || bench.values["survived"] != nil
            }
            return [
                .logged("scans", bench), .logged("hidden", bench),
                .bool("restarted", bench.values["restarted"] != nil),
            ]
        },
        ConformanceCase(
            .k2, "a name of 32 characters", program: .init("k02", PackageResources.k02_nut),
            prepare: { setup in
                let long = "01234567890123456789012345678901"
                setup.config.wifi = ModuleConfig.WiFi(ssid: long, password: "blessed-be-the-line")
                setup.line.radio.accessPoints[0].ssid = long
                var short = setup.line.radio.accessPoints[0]
                short.ssid = String(long.dropLast())
                short.bssid[5] = 0x91
                setup.line.radio.accessPoints.append(short)
            }
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(120)) { bench.values["short"] != nil }
            return [.logged("long", bench), .logged("short", bench)]
        },
    ]
}
