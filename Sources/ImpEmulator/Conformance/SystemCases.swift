import Imp003

extension ConformanceCase {
    /// R11 to R14, R30, R34, R43: the operating system.
    static let system: [ConformanceCase] = [
        ConformanceCase(
            .r11, "a power cut leaves the old page or the new",
            program: .init("r11", PackageResources.r11_nut)
        ) { bench in
            try bench.start()
            bench.await("writing")
            let module = try bench.module
            let old = module.config.wifi
            let new = ModuleConfig.WiFi(ssid: "second-network", password: "another password")
            var cuts = 0
            var mixed = 0
            while bench.values["written"] == nil, cuts < 500 {
                let found = module.configAfterPowerCutNow.wifi
                if found != old, found != new { mixed += 1 }
                cuts += 1
                bench.run(.microseconds(500))
            }
            return [
                .number("cuts", cuts), .number("mixed", mixed), .bool("written", module.config.wifi == new),
            ]
        },
        ConformanceCase(
            .r12, "wake reasons, HW_RESET among them", program: .init("r12", PackageResources.r12_nut)
        ) { bench in
            func awaitStart(_ count: Int, within limit: Duration = .seconds(60)) -> String? {
                func reasons() -> [String] { bench.log.filter { $0.hasPrefix("reason=") } }
                bench.run(atMost: limit) { reasons().count >= count }
                let all = reasons()
                return count <= all.count ? all[count - 1] : nil
            }
            func number(_ name: String, _ line: String?) -> ConformanceReading? {
                .number(name, line.flatMap { Double($0.dropFirst("reason=".count)) })
            }
            try bench.start()
            let power = awaitStart(1)
            bench.run(.seconds(1))
            bench.bench.setReset(held: true)
            bench.run(.milliseconds(50))
            bench.bench.setReset(held: false)
            let reset = awaitStart(2)
            let timer = awaitStart(3)
            // The line that tells the reason is sent before the program goes to sleep, and that needs the server.
            bench.run(.seconds(5))
            try bench.probe(.w, true)
            try bench.module.fixtureLineChanged()
            let pin = awaitStart(4)
            let error = awaitStart(5)
            // The program goes offline and comes back: it is then that the server offers another system.
            bench.cloud.offer(systemVersion: "a later release")
            let firmware = awaitStart(6)
            let module = try bench.module
            let floor = module.radio.environment
            module.radio.environment = RadioEnvironment(accessPoints: [])
            bench.run(atMost: .seconds(90)) { module.phase == .asleep }
            module.radio.environment = floor
            let snooze = awaitStart(7, within: .seconds(600))
            return [
                number("power_on", power), number("hw_reset", reset), number("timer", timer),
                number("pin", pin), number("squirrel_error", error), number("new_firmware", firmware),
                number("snooze", snooze),
            ]
        },
        ConformanceCase(
            .r13, "a logged exception names its line", program: .init("r13", PackageResources.r13_nut)
        ) { bench in
            try bench.start()
            bench.await("done")
            let line = bench.log.first { $0.contains("lifted") }
            let place = line.flatMap { $0.split(separator: ":").last }.flatMap {
                Int($0.prefix { $0.isNumber })
            }
            return [.number("line", place)]
        },
        ConformanceCase(
            .r14, "out of memory is reported", program: .init("r14", PackageResources.r14_nut)
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(60)) { bench.values["reason"] == "2" }
            return [
                .bool("logged", bench.log.contains { $0.lowercased().contains("out of memory") }),
                bench.reading("reason"),
            ]
        },
        ConformanceCase(
            .r30, "new code loads although Squirrel is busy", program: .init("r30", PackageResources.r30_nut)
        ) { bench in
            try bench.start()
            bench.await("busy")
            let begin = bench.now
            // What the server does when new code was deployed.
            try bench.module.load(.application)
            let loaded = bench.run(atMost: .seconds(20)) { bench.values["reason"] == "4" }
            return [
                .number("load", loaded ? (bench.now - begin).inSeconds : nil, unit: "s"),
                bench.reading("reason"),
            ]
        },
        ConformanceCase(
            .r34, "deepsleepfor/until take valid values", program: .init("r34", PackageResources.r34_nut)
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(400)) { bench.values["wakes"] != nil }
            return [bench.reading("wakes"), .text("refused", bench.values["refused"] ?? "none")]
        },
        ConformanceCase(
            .r43, "from wake to the first edge", program: .init("r43", PackageResources.r43_nut)
        ) { bench in
            try bench.start()
            let module = try bench.module
            bench.run(atMost: .seconds(10)) { module.phase == .asleep }
            bench.run(.seconds(1))
            try bench.record(.s)
            let begin = bench.now
            try bench.probe(.w, true)
            module.fixtureLineChanged()
            bench.await("awake")
            let edge = try bench.channel(.s).edges(rising: true).first
            return [.number("wake", edge.map { ($0.time - begin).inSeconds * 1000 }, unit: "ms")]
        },
    ]
}
