extension ConformanceCase {
    /// R4 to R10: pins and buses.
    static let hardware: [ConformanceCase] = [
        ConformanceCase(
            .r4, "SPI without SCLK; SPI off", program: .init("r04", PackageResources.r04_nut)
        ) { bench in
            try bench.start()
            try bench.record(.d, .l)
            bench.await("sent")
            let clock = try bench.channel(.d).edges.count
            let data = try bench.channel(.l).edges.count
            bench.await("refused")
            return [
                // The program itself sets the pin high once.
                .number("sclk_edges", clock - 1), .number("copi_edges", data),
                .text("copi_when_off", try bench.level(.l)), bench.reading("refused"),
            ]
        },
        ConformanceCase(
            .r5, "I2C errors, I2C off", program: .init("r05", PackageResources.r05_nut)
        ) { bench in
            try bench.start()
            bench.await("disabled")
            return ["before", "identity", "present", "nothing", "absent_read", "absent_write", "disabled"].map
            {
                bench.reading($0)
            }
        },
        ConformanceCase(
            .r6, "UART bulk reads, flags, real rate", program: .init("r06", PackageResources.r06_nut)
        ) { bench in
            try bench.start()
            let format = SerialLine.Format(baud: 9600, parity: .even)
            let begin = bench.now
            func send(at milliseconds: Int64, _ bytes: [UInt8], _ damage: SerialLine.Damage? = nil) throws {
                bench.simulation.run(until: begin + .milliseconds(milliseconds))
                try bench.send(bytes, format, damage: damage.map { [0: $0] } ?? [:])
            }
            try send(at: 20, Array(1...60))
            try send(at: 150, [0x41], .parity)
            try send(at: 250, [0x42], .frame)
            try send(at: 350, [0x43], .noise)
            try send(at: 420, Array(0...80))
            try send(at: 750, [0x44], .parity)
            bench.run(.milliseconds(100))
            return ["baud", "bulk", "parity", "again", "frame", "noise", "overrun", "callback"].map {
                bench.reading($0, unit: $0 == "baud" ? "bit/s" : "")
            }
        },
        ConformanceCase(
            .r7, "RTS at 16 free places", program: .init("r07", PackageResources.r07_nut)
        ) { bench in
            let module = try bench.module
            // An adapter that goes on for 16 bytes after it was stopped.
            module.consoleIn.bytesAfterStop = 16
            try bench.start()
            try bench.record(.p)
            bench.run(.milliseconds(10))
            let begin = bench.now
            let format = SerialLine.Format(baud: 115_200)
            try bench.send((0..<200).map { UInt8($0) }, format)
            bench.run(.milliseconds(400))
            let stop = try bench.channel(.p).edges(rising: true).first { $0.time > begin }
            let waiting = stop.map { stop in
                (0...200).last { begin + format.duration(ofBytes: $0) <= stop.time } ?? 0
            }
            return [
                .number("waiting_at_stop", waiting), .number("lost", bench.number("total").map { 200 - $0 }),
            ]
        },
        ConformanceCase(
            .r8, "UART pin to DIGITAL_OUT, no glitch", program: .init("r08", PackageResources.r08_nut),
            prepare: { $0.line.board.elements.append(.pull(pin: .f, high: false, kiloohms: 10)) }
        ) { bench in
            try bench.start()
            try bench.record(.f)
            bench.await("done")
            let channel = try bench.channel(.f)
            // Idle, ten edges of each `U`, two of the break.
            let stray = channel.edges.count - 23
            let driven = channel.changes.first { $0.level == .high }?.time ?? bench.now
            let floating = channel.time(at: .pulledLow, from: driven, to: bench.now)
            return [
                .number("stray_edges", stray),
                .number("floating", floating.inSeconds * 1e6, unit: "us"),
                .number("break", channel.longestLow(after: driven).inSeconds * 1e6, unit: "us"),
            ]
        },
        ConformanceCase(
            .r9, "DIGITAL_OUT may start high", program: .init("r09", PackageResources.r09_nut),
            prepare: { $0.line.board.elements.append(.pull(pin: .k, high: true, kiloohms: 10)) }
        ) { bench in
            try bench.start()
            try bench.record(.k)
            bench.await("high")
            let low = try bench.channel(.k).time(at: .low, from: .start, to: bench.now)
            let high = try bench.level(.k)
            bench.await("low")
            return [
                .number("low", low.inSeconds * 1e6, unit: "us"), .text("started_high", high),
                .text("started_low", try bench.level(.k)),
            ]
        },
        ConformanceCase(
            .r10, "open drain may start floating", program: .init("r10", PackageResources.r10_nut),
            prepare: { $0.line.board.elements.append(.pull(pin: .l, high: true, kiloohms: 10)) }
        ) { bench in
            try bench.start()
            try bench.record(.l)
            bench.await("floating")
            let low = try bench.channel(.l).time(at: .low, from: .start, to: bench.now)
            let floating = try bench.level(.l)
            let own = try bench.level(.t)
            bench.await("low")
            return [
                .number("low", low.inSeconds * 1e6, unit: "us"), .text("floating", floating),
                .text("own_pull_up", own), .text("written_low", try bench.level(.l)),
            ]
        },
    ]
}

extension LogicTrace.Channel {
    /// The longest time that an input would have read low, after an instant.
    func longestLow(after start: VirtualInstant) -> Duration {
        var longest = Duration.zero
        let edges = edges.filter { $0.time >= start }
        for (edge, next) in zip(edges, edges.dropFirst()) where !edge.level.isHigh {
            longest = max(longest, next.time - edge.time)
        }
        return longest
    }
}
