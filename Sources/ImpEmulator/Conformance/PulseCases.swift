extension ConformanceCase {
    /// R22 to R28: what was mended in hardware input and output.
    static let pulses: [ConformanceCase] = [
        ConformanceCase(
            .r22, "SPI clocks zeros out while reading", program: .init("r22", PackageResources.r22_nut)
        ) { bench in
            try bench.start()
            bench.await("reading")
            try bench.record(.e, .c)
            bench.await("read")
            let data = try bench.channel(.e)
            let clocks = try bench.channel(.c).edges(rising: true)
            let ones = clocks.count { data.change(at: $0.time)?.level.isHigh ?? true }
            return [.number("clocks", clocks.count), .number("ones", ones)]
        },
        ConformanceCase(
            .r23, "SPI and I2C off when Squirrel stops", program: .init("r23", PackageResources.r23_nut)
        ) { bench in
            try bench.start()
            bench.await("first")
            let before = try bench.level(.d)
            bench.await("i2c")
            return [
                .text("sclk_on", before), .text("sclk_off", try bench.level(.d)),
                .text("copi_off", try bench.level(.l)), .text("i2c", bench.values["i2c"]),
            ]
        },
        ConformanceCase(
            .r24, "last DAC sample comes out", program: .init("r24", PackageResources.r24_nut)
        ) { bench in
            try bench.start()
            try bench.record(.c)
            bench.await("empty")
            let levels = try bench.channel(.c).changes.filter { $0.fraction > 0 }
            return [
                .number("samples", levels.count),
                .number("last", levels.last.map { $0.fraction * 3.3 }, unit: "V"),
            ]
        },
        ConformanceCase(
            .r25, "flush() empties the FIFO at 1200 bit/s", program: .init("r25", PackageResources.r25_nut)
        ) { bench in
            try bench.start()
            try bench.record(.f)
            bench.await("flush")
            bench.run(.seconds(1))
            return [
                bench.reading("flush", unit: "ms"),
                .number("bytes", try bench.channel(.f).serialBytes(baud: 1200).count { $0.isFramed }),
            ]
        },
        ConformanceCase(
            .r26, "flush() always comes back", program: .init("r26", PackageResources.r26_nut)
        ) { bench in
            try bench.start()
            bench.run(.seconds(3))
            return [bench.reading("flushes")]
        },
        ConformanceCase(
            .r27, "pulse generator: new settings at once", program: .init("r27", PackageResources.r27_nut)
        ) { bench in
            try bench.probe(.e, false)
            try bench.start()
            bench.await("ready")
            try bench.record(.c)
            let first = bench.now
            try bench.probe(.e, true)
            bench.await("delay")
            let second = bench.now
            try bench.probe(.e, false)
            bench.run(.milliseconds(20))
            let edges = try bench.channel(.c).edges
            func rise(after time: VirtualInstant) -> LogicTrace.Change? {
                edges.first { $0.time >= time && $0.level.isHigh }
            }
            func microseconds(_ later: VirtualInstant?, _ earlier: VirtualInstant) -> Double? {
                later.map { ($0 - earlier).inSeconds * 1e6 }
            }
            let pulse = rise(after: second)
            let end = pulse.flatMap { pulse in edges.first { $0.time > pulse.time } }
            return [
                .number("first_delay", microseconds(rise(after: first)?.time, first), unit: "us"),
                .number("second_delay", microseconds(pulse?.time, second), unit: "us"),
                .number("second_width", pulse.flatMap { microseconds(end?.time, $0.time) }, unit: "us"),
                bench.reading("delay", unit: "us"),
            ]
        },
        ConformanceCase(
            .r28, "no pull-ups on PWM and pulse pins", program: .init("r28", PackageResources.r28_nut),
            prepare: { $0.line.board.elements.append(.pull(pin: .e, high: false, kiloohms: 1000)) }
        ) { bench in
            try bench.start()
            bench.await("ready")
            let board = try bench.module.board
            return [
                .number("pwm_leakage", board.pullMicroamperes(at: .k), unit: "uA"),
                .number("output_leakage", board.pullMicroamperes(at: .c), unit: "uA"),
                .number("trigger", board.fraction(at: .e) * 3.3, unit: "V"),
            ]
        },
    ]
}
