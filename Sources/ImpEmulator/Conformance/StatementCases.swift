extension ConformanceCase {
    /// N1 to N4, N9, N10: statements of the running text.
    static let statements: [ConformanceCase] = [
        ConformanceCase(
            .n1, "five UARTs, two I2C, two SPI", program: .init("n01", PackageResources.n01_nut),
            prepare: {
                $0.line.board.elements.append(.pull(pin: .f, high: true, kiloohms: 4.7))
                $0.line.board.elements.append(.pull(pin: .g, high: true, kiloohms: 4.7))
            }
        ) { bench in
            let nets = try bench.module.board.nets
            try bench.start()
            nets.beginRecording()
            bench.await("uarts")
            let uarts = try PinMux.uarts.values.count {
                try bench.channel($0.tx).serialBytes(baud: 9600).contains { $0.byte == 0x55 && $0.isFramed }
            }
            nets.beginRecording()
            bench.await("spis")
            let spis = try PinMux.spis.values.count {
                try bench.channel($0.sclk).edges(rising: true).count == 8
            }
            nets.beginRecording()
            bench.await("i2cs")
            let i2cs = try PinMux.i2cs.values.count {
                try bench.channel($0.scl).edges(rising: true).count > 8
            }
            return [.number("uarts", uarts), .number("spis", spis), .number("i2cs", i2cs)]
        },
        ConformanceCase(
            .n2, "pins A to Y without I, O, Z", program: .init("n02", PackageResources.n02_nut)
        ) { bench in
            try bench.start()
            bench.await("others")
            let nets = try bench.module.board.nets
            return [
                .number("driven", PinName.allCases.count { nets.state(of: $0).level == .high }),
                bench.reading("others"),
            ]
        },
        ConformanceCase(
            .n3, "hardware.spiflash from the start", program: .init("n03", PackageResources.n03_nut)
        ) { bench in
            try bench.start()
            bench.await("done")
            return [
                bench.reading("present"), bench.reading("failed"), .text("text", bench.values["text"]),
            ]
        },
        ConformanceCase(
            .n4, "the first 448 KB are the system's", program: .init("n04", PackageResources.n04_nut)
        ) { bench in
            let flash = try bench.module.flash
            try bench.start()
            // What stands in the chip, read past the module.
            func physical(_ address: Int, _ count: Int) -> [UInt8] {
                flash.exchange(ModuleFlash.command(0x03, address), read: count)
            }
            let system = physical(0, 0x70000)
            bench.await("done")
            let changed = zip(system, physical(0, 0x70000)).count { $0 != $1 }
            return [
                bench.reading("size", unit: "B"), .number("system_bytes_changed", changed),
                .text("at_0x70000", String(decoding: physical(0x70000, 4), as: UTF8.self)),
            ]
        },
        ConformanceCase(
            .n9, "a DMX frame", program: .init("n09", PackageResources.n09_nut),
            prepare: { $0.line.board.elements.append(.pull(pin: .f, high: true, kiloohms: 10)) }
        ) { bench in
            try bench.start()
            try bench.record(.f)
            bench.await("done")
            let channel = try bench.channel(.f)
            let slots = channel.serialBytes(baud: 250_000).filter(\.isFramed)
            let low = channel.edges.first { !$0.level.isHigh }
            let mark = low.flatMap { low in channel.edges.first { $0.time > low.time } }
            func microseconds(_ later: VirtualInstant?, _ earlier: VirtualInstant?) -> Double? {
                guard let later, let earlier else { return nil }
                return (later - earlier).inSeconds * 1e6
            }
            let length = microseconds(slots.last?.start, slots.first?.start)
            return [
                .number("break", microseconds(mark?.time, low?.time), unit: "us"),
                .number("mark", microseconds(slots.first?.start, mark?.time), unit: "us"),
                .number("slots", slots.count),
                .number("slot", length.map { $0 / Double(max(slots.count - 1, 1)) }, unit: "us"),
            ]
        },
        ConformanceCase(
            .n10, "methods tagged with this release", program: .init("n10", PackageResources.n10_nut)
        ) { bench in
            try bench.start()
            bench.await("missing")
            return [bench.reading("present"), .text("missing", bench.values["missing"])]
        },
    ]
}
