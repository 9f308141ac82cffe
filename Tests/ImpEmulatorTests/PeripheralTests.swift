import Testing
import TimeAndChance

@testable import ImpEmulator

@Suite struct PulseTests {
    @Test func aNewDutyCycleBeginsWithAPeriod() throws {
        let bench = try ConformanceBench.running(
            """
            local pwm = hardware.pinK;
            pwm.configure(PWM_OUT, 0.001, 0.25);
            imp.sleep(0.0101);
            pwm.write(0.75);
            imp.sleep(0.01);
            pwm.write(0);
            """)
        try bench.record(.k)
        bench.run(.milliseconds(40))
        let edges = try bench.channel(.k).edges
        let high = zip(edges, edges.dropFirst()).filter { $0.0.level.isHigh }.map { $1.time - $0.time }
        #expect(Set(high) == [.microseconds(250), .microseconds(750)], "no pulse is cut short")
        let low = edges.last.map { !$0.level.isHigh }
        #expect(low == true)
    }

    @Test func eachEdgeTriggersOncePulse() throws {
        let bench = try ConformanceBench.running(
            """
            local out = hardware.pinG;
            hardware.pinL.configure(DIGITAL_IN);
            out.configure(PTPG_OUT_ACTIVE_LOW, hardware.pinL, 0.0000014, 0.0005);
            server.log("delay=" + (out.getdelay() * 1000000).tointeger());
            server.log("period=" + (out.getperiod() * 1000000).tointeger());
            out.write(0.002);
            server.log("ready=1");
            """)
        try bench.probe(.l, false)
        bench.await("ready")
        #expect(bench.number("delay") == 1, "whole microseconds")
        #expect((499...500).contains(bench.number("period") ?? 0))
        try bench.record(.g)
        let begin = bench.now
        // Up, down a millisecond later while the first pulse is still due, up again when it is over.
        for (milliseconds, level) in [(Int64(0), true), (1, false), (10, true)] {
            bench.simulation.run(until: begin + .milliseconds(milliseconds))
            try bench.probe(.l, level)
        }
        bench.run(.milliseconds(10))
        let edges = try bench.channel(.g).edges
        #expect(edges.map { ($0.time - begin).wholeNanoseconds / 1000 } == [2000, 2500, 12_000, 12_500])
        #expect(edges.map(\.level.isHigh) == [false, true, false, true])
    }

    @Test(arguments: [
        "hardware.pinG.configure(PTPG_OUT_ACTIVE_HIGH, hardware.pinE, 0.001, 0.001)",
        "hardware.pinC.configure(PTPG_OUT_ACTIVE_HIGH, hardware.pinE, 0.06, 0.006)",
        "hardware.pinC.configure(PTPG_OUT_ACTIVE_HIGH, 5, 0.001, 0.001)",
        "hardware.pinY.configure(PWM_OUT, 0.001, 0.5)",
        "hardware.pinK.configure(PWM_OUT, 0, 0.5)",
        "hardware.pinK.configure(PWM_OUT)",
        "hardware.pinH.configure(PULSE_COUNTER, 0.1)",
        "hardware.pinM.configure(PULSE_COUNTER, -1)",
        "hardware.pinK.getdelay()",
        "hardware.spiEBCA.configure(SIMPLEX_RX | SIMPLEX_TX, 1000)",
        "hardware.spiEBCA.write(\"x\")",
        "hardware.fixedfrequencydac.configure(hardware.pinB, 1000, [], function(b) {})",
        "hardware.fixedfrequencydac.start()",
        "hardware.sampler.configure(hardware.pinY, 1000, [blob(10)], function(b, n) {})",
        "hardware.sampler.start()",
        "hardware.i2cAB.configure(12345)",
    ])
    func whatIsImpossibleIsRefused(call: String) throws {
        let bench = try ConformanceBench.running(
            "try { \(call); server.log(\"result=done\"); } catch (error) { server.log(\"result=\" + error); }"
        )
        bench.await("result")
        let result = bench.values["result"]
        #expect(result != nil && result != "done")
    }

    @Test func pulsesAreCounted() throws {
        let bench = try ConformanceBench.running(
            """
            hardware.pinM.configure(PULSE_COUNTER, 0.05);
            local begin = hardware.micros();
            local count = hardware.pinM.read();
            server.log("took=" + (hardware.micros() - begin));
            server.log("count=" + count);
            """)
        try bench.module.board.nets.probe(at: .m).set(
            .wave(PulseWave(start: bench.now, period: 100_000, high: 30_000)), at: bench.now)
        bench.await("count")
        #expect((499...501).contains(bench.number("count") ?? 0))
        #expect((50_000...50_100).contains(bench.number("took") ?? 0), "reading waits for the whole interval")
    }

    @Test func aChangeCallsBackOnce() throws {
        let bench = try ConformanceBench.running(
            """
            local calls = 0;
            local pin = hardware.pinU;
            pin.configure(DIGITAL_IN_PULLDOWN, function() {
                calls++;
                server.log("calls=" + calls);
                server.log("level=" + pin.read());
            });
            """)
        bench.run(.milliseconds(5))
        try bench.probe(.u, true)
        bench.run(.milliseconds(5))
        #expect(bench.number("calls") == 1)
        #expect(bench.number("level") == 1)
        // A bounce that is over before the program looks is one call.
        try bench.probe(.u, false)
        bench.run(.microseconds(20))
        try bench.probe(.u, true)
        bench.run(.microseconds(20))
        try bench.probe(.u, false)
        bench.run(.milliseconds(5))
        #expect(bench.number("calls") == 2)
        #expect(bench.number("level") == 0)
    }
}

@Suite struct SPITests {
    @Test(arguments: [
        (1, 117), (117, 117), (118, 117), (234, 234), (468, 468), (937, 937), (1000, 937), (29_999, 15_000),
        (30_000, 30_000), (90_000, 30_000),
    ])
    func ratesAreRoundedDown(asked: Int, got: Int) throws {
        let bench = try ConformanceBench.running(
            "server.log(\"rate=\" + hardware.spiEBCA.configure(0, \(asked)));")
        bench.await("rate")
        #expect(bench.number("rate") == Double(got))
    }

    /// With its two data lines joined a bus hears itself, in every mode and bit order.
    @Test(arguments: [
        "0", "CLOCK_IDLE_HIGH", "CLOCK_2ND_EDGE", "CLOCK_IDLE_HIGH | CLOCK_2ND_EDGE", "LSB_FIRST",
    ])
    func aLoopGivesBackWhatWasSent(flags: String) throws {
        let none = Spread(0, sigma: 0)
        let bench = try ConformanceBench.running(
            """
            local spi = hardware.spiEBCA;
            spi.configure(\(flags), 1000);
            imp.sleep(0.001);
            local text = spi.writeread("Blessed");
            local data = spi.writeread(blob(3));
            server.log("type=" + typeof data);
            spi.write("\\xff");
            local zeros = spi.readblob(2);
            server.log("zeros=" + zeros[0] + zeros[1]);
            server.log("text=" + text);
            """, parts: [.loopback(from: .e, to: .b, loss: none)])
        try bench.record(.e, .c)
        bench.await("text")
        #expect(bench.values["text"] == "Blessed")
        #expect(bench.values["type"] == "blob")
        #expect(bench.values["zeros"] == "00")
        let idlesHigh = flags.contains("HIGH")
        let clock = try bench.channel(.c)
        #expect(clock.edges(rising: !idlesHigh).count >= 13 * 8)
        #expect(clock.changes.last?.level.isHigh == idlesHigh)
        // The data line stands still at the edge that samples: the one in the middle of the bit.
        let samplesRising = idlesHigh == flags.contains("2ND_EDGE")
        let data = try bench.channel(.e)
        let begin = clock.edges(rising: !idlesHigh).first?.time ?? .never
        let bits = clock.edges(rising: samplesRising).filter { $0.time >= begin }.prefix(8).map {
            data.change(at: $0.time)?.level.isHigh == true ? 1 : 0
        }
        let byte = bits.reduce(0) { $0 << 1 | $1 }
        let first = Int(UInt8(ascii: "B"))
        #expect(byte == (flags == "LSB_FIRST" ? 0x42 : first))
    }

    @Test func aSimplexBusLeavesTheOtherWireAlone() throws {
        let bench = try ConformanceBench.running(
            """
            hardware.pinB.configure(DIGITAL_OUT, 1);
            local spi = hardware.spiEBCA;
            spi.configure(SIMPLEX_TX, 1000);
            spi.write("x");
            server.log("done=1");
            """)
        bench.await("done")
        let level = try bench.level(.b)
        #expect(level == "1")
    }
}

@Suite struct SampleTests {
    @Test func aLawComesBackTheSame() {
        for byte in UInt8.min...UInt8.max {
            #expect(ALaw.compress(ALaw.expand(byte)) == byte)
        }
        for sample in stride(from: -32_768, through: 32_767, by: 61) {
            let back = Int(ALaw.expand(ALaw.compress(Int16(sample))))
            #expect(abs(back - sample) <= max(abs(sample) / 16, 16), "\(sample) came back as \(back)")
        }
    }

    /// What the DAC plays on C is what the ADC samples on H, over a wire.
    @Test func whatIsPlayedIsSampled() throws {
        let bench = try ConformanceBench.running(
            """
            local ramp = blob(32);
            for (local step = 0; step < 16; step++) ramp.writen(step * 4000, 'w');
            local played = 0;
            hardware.fixedfrequencydac.configure(hardware.pinC, 1000, [ramp], function(buffer) {
                if (buffer != null) played++;
                else server.log("played=" + played);
            });
            hardware.sampler.configure(hardware.pinH, 1000, [blob(32), blob(32)], function(buffer, length) {
                hardware.sampler.stop();
                local worst = 0;
                for (local step = 0; step < 16; step++) {
                    local error = math.abs(buffer.readn('w') - step * 4000);
                    if (error > worst) worst = error;
                }
                server.log("length=" + length);
                server.log("worst=" + worst);
            });
            hardware.fixedfrequencydac.start();
            hardware.sampler.start();
            """, parts: [.loopback(from: .c, to: .h, loss: Spread(0, sigma: 0))])
        bench.run(.milliseconds(100))
        #expect(bench.number("length") == 32)
        // The sampler starts a few microseconds later and sees each step; two last places of noise.
        #expect((bench.number("worst") ?? 1000) <= 96)
        #expect(bench.number("played") == 1)
    }

    @Test func buffersThatDoNotComeBackAreAnOverrun() throws {
        let bench = try ConformanceBench.running(
            """
            local full = 0;
            local lost = 0;
            hardware.sampler.configure([hardware.pinH, hardware.pinJ], 10000, [blob(40)], function(buffer, length) {
                if (buffer == null) lost++;
                else {
                    full++;
                    imp.sleep(0.0025);
                }
                server.log("full=" + full);
                server.log("lost=" + lost);
            });
            hardware.sampler.start();
            """)
        bench.run(.milliseconds(20))
        #expect((bench.number("full") ?? 0) >= 2)
        #expect((bench.number("lost") ?? 0) >= 2)
    }

    @Test func aPlayerIsFedWhileItPlays() throws {
        let bench = try ConformanceBench.running(
            """
            local left = 3;
            local dac = hardware.fixedfrequencydac;
            dac.configure(hardware.pinA, 8000, [blob(80), blob(80)], function(buffer) {
                if (buffer == null) {
                    dac.stop();
                    server.log("empty=1");
                } else if (left-- > 0) dac.addbuffer(buffer);
            }, AUDIO);
            dac.start();
            server.log("started=1");
            """)
        bench.await("started")
        let begin = bench.now
        #expect(bench.await("empty"))
        let played = bench.now - begin
        #expect(
            played >= .milliseconds(25) && played < .milliseconds(26), "five buffers of 40 samples at 8 kHz")
        let level = try bench.level(.a)
        #expect(level == "h", "the pin was let go, and the board pulls it up")
    }
}
