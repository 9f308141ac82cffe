import Squirrel
import Testing

@testable import ImpEmulator

enum SquirrelVMForTests {
    static func make() -> SquirrelVM { SquirrelVM() }
}

/// How programs run: turns, waiting, time, errors, restarts.
@Suite struct ProgramRunTests {
    @Test func callbacksComeOneAfterTheOther() throws {
        let desk = try Desk(
            program: """
                imp.wakeup(0.5, @() server.log("half"));
                local off = imp.wakeup(0.6, @() server.log("cancelled"));
                imp.wakeup(0.1, function() {
                    server.log("sleeping");
                    imp.sleep(1);
                    server.log("awake");
                });
                imp.onidle(@() server.log("idle"));
                imp.cancelwakeup(off);
                server.log("end");
                """)
        desk.run(.seconds(3))
        #expect(desk.log == ["end", "idle", "sleeping", "awake", "half"])
    }

    @Test(arguments: [
        ("imp.sleep(0.25);", 250...250),
        // Below a native nothing can be suspended: the call waits all the same.
        ("[1, 2].map(function(x) { imp.sleep(0.1); return x; });", 200...201),
        ("local end = hardware.millis() + 50; while (hardware.millis() < end);", 50...51),
        ("for (local i = 0; i < 100000; i++);", 50...300),
        ("hardware.spiflash.enable(); hardware.spiflash.erasesector(0);", 30...120),
        (
            "hardware.uartDM.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS); hardware.uartDM.write(blob(96)); hardware.uartDM.flush();",
            100...101
        ),
        ("server.log(0); server.flush(10);", 40...41),
    ])
    func waitingTakesItsTime(statement: String, milliseconds: ClosedRange<Int>) throws {
        let desk = try Desk(
            program: "local begin = hardware.millis(); \(statement) server.log(hardware.millis() - begin);")
        desk.run(.seconds(5))
        let elapsed = try #require(desk.log.last.flatMap { Int($0) }, "\(desk.log)")
        #expect(milliseconds.contains(elapsed))
    }

    @Test func instructionsCostWhatTheReleaseSays() throws {
        func duration(_ nanoseconds: Int) throws -> Int {
            let desk = try Desk(
                program:
                    "local t = hardware.micros(); for (local i = 0; i < 20000; i++); server.log(hardware.micros() - t);"
            ) { $0.release.squirrel.nanosecondsPerInstruction = nanoseconds }
            desk.run(.seconds(5))
            return try #require(desk.log.last.flatMap { Int($0) })
        }
        let fast = try duration(100)
        let slow = try duration(1000)
        #expect(fast >= 2000)
        #expect(abs(slow - 10 * fast) <= 20)
    }

    @Test func anUncaughtErrorIsLoggedWithItsPlaceAndRestarts() throws {
        let desk = try Desk(
            program: """
                server.log("reason " + hardware.wakereason());
                function inner(t) {
                    return t.missing;
                }
                function outer() {
                    inner({});
                }
                if (hardware.wakereason() != WAKEREASON_SQUIRREL_ERROR) outer();
                """)
        desk.run(.seconds(2))
        #expect(
            desk.log == [
                "reason 4", "ERROR: the index 'missing' does not exist", "ERROR:   in inner t.nut:3",
                "ERROR:   in outer t.nut:6", "ERROR:   in main t.nut:8", "reason 5",
            ])
    }

    @Test(arguments: [
        "imp.wakeup(0.1, @() nothing());", "imp.onidle(@() nothing());",
        "imp.wakeup(0.1, function() { imp.sleep(0.1); nothing(); });",
        "server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10) || server.connect(@(reason) nothing());",
        "imp.scanwifinetworks(@(list) nothing());",
    ])
    func anErrorInACallbackRestartsToo(statement: String) throws {
        let desk = try Desk(
            program: "server.log(hardware.wakereason()); if (hardware.wakereason() != 5) \(statement)")
        desk.run(.seconds(10))
        #expect(desk.log.first == "4")
        #expect(desk.log.contains("ERROR: the index 'nothing' does not exist"))
        #expect(desk.log.last == "5")
    }

    @Test func aCaughtExceptionIsLoggedWithItsLine() throws {
        let source = """
            try {
                local t = {};
                t.missing();
            } catch (e) {
                server.log(e);
            }
            imp.wakeup(0.1, @() server.log("the index 'missing' does not exist"));
            """
        let desk = try Desk(program: source)
        desk.run(.seconds(1))
        #expect(
            desk.log == [
                "the index 'missing' does not exist (main t.nut:3)", "the index 'missing' does not exist",
            ])
        let broken = try Desk(program: source) { $0.release.broken = [.r13] }
        broken.run(.seconds(1))
        #expect(broken.log.first == "the index 'missing' does not exist")
    }

    @Test func memoryIsTheModulesAndItsEndIsAReset() throws {
        let desk = try Desk(
            program: """
                server.log(hardware.wakereason());
                if (hardware.wakereason() == WAKEREASON_NEW_SQUIRREL) {
                    local before = imp.getmemoryfree();
                    local kept = blob(20000);
                    server.log(before - imp.getmemoryfree());
                    kept = null;
                    server.log(before - imp.getmemoryfree());
                    local all = [];
                    while (true) all.append(blob(1000));
                }
                """)
        desk.run(.seconds(30))
        #expect(desk.log.first == "4")
        let taken = try #require(Int(desk.log[1]))
        #expect((20_000...21_000).contains(taken))
        #expect(try abs(#require(Int(desk.log[2]))) < 300, "it is free again")
        #expect(desk.log.contains("out of memory"))
        #expect(desk.log.last == "2")
    }

    @Test func theKeptTableSurvivesDeepSleepOnly() throws {
        let desk = try Desk(
            program: """
                if (!("nv" in getroottable())) nv <- { count = 0, list = ["a", 1.5, blob(2)] };
                nv.count++;
                server.log(hardware.wakereason() + " " + nv.count + " " + nv.list[0] + nv.list[1] + nv.list[2].len());
                if (nv.count < 3) imp.wakeup(0.1, @() imp.deepsleepfor(2));
                """)
        desk.run(.seconds(20))
        #expect(desk.log == ["4 1 a1.52", "1 2 a1.52", "1 3 a1.52"])
        try desk.bench.setPower(false)
        desk.run(.seconds(1))
        try desk.bench.setPower(true)
        desk.run(.seconds(10))
        #expect(desk.log.dropFirst(3).first == "0 1 a1.52")
    }

    @Test func deepSleepNeverReturns() throws {
        for call in ["imp.deepsleepfor(5)", "server.sleepfor(5)", "[1].map(@(x) imp.deepsleepfor(5))"] {
            let desk = try Desk(
                program: "if (hardware.wakereason() == 4) { \(call); server.log(\"after\"); }")
            desk.run(.milliseconds(500))
            #expect(desk.log.isEmpty, "\(call)")
            #expect(try desk.module.phase == .asleep)
            desk.run(.seconds(10))
            #expect(try desk.module.wakeReason == .timer)
        }
    }

    @Test func pinWWakesAndPinsTellOfChanges() throws {
        let desk = try Desk(
            program: """
                hardware.pinU.configure(DIGITAL_IN_PULLDOWN, function() {
                    server.log("button " + hardware.pinU.read());
                });
                """)
        for level in [true, true, false] {
            try desk.bench.drive("button", to: level)
            desk.run(.milliseconds(10))
        }
        #expect(desk.log == ["button 1", "button 0"])
    }

    @Test func serverConnectWithoutACallbackWaits() throws {
        let desk = try Desk(
            program: """
                server.disconnect();
                local begin = hardware.millis();
                server.connect();
                server.log(server.isconnected() + " " + (hardware.millis() - begin > 500));
                """)
        desk.run(.seconds(10))
        #expect(desk.log == ["true true"])
    }

    @Test func blessingFromSquirrel() throws {
        let desk = try Desk(
            program: "server.bless(true, function(done) { server.log(\"blessed \" + done); });",
            application: try DeviceProgram(
                name: "a.nut", source: Array("server.log(\"application\"); server.bless(true, @(x) x);".utf8))
        )
        desk.run(.seconds(5))
        #expect(desk.log.prefix(2) == ["blessed true", "application"])
        #expect(desk.log.contains("ERROR: server.bless is only available to factory firmware"))
    }
}

/// A program that keeps the processor for itself.
@Suite struct HoggingTests {
    @Test(arguments: [
        "while (true);", "local i = 0; while (true) { try { throw i++; } catch (e) {} }",
        "function f() { imp.wakeup(0, f); } f();", "function f() { imp.onidle(f); } f();",
        "while (true) server.log(1);", "while (true) hardware.pinS.read();", "while (true) imp.sleep(0);",
    ])
    func newCodeIsLoadedAllTheSame(program: String) throws {
        let desk = try Desk(program: program)
        desk.run(.milliseconds(200))
        #expect(try desk.module.phase == .running(.factory))
        try desk.module.load(.application)
        desk.run(.seconds(3))
        #expect(try desk.module.phase == .running(.application))
        #expect(try desk.module.wakeReason == .newSquirrel)
    }

    @Test func nothingElseRunsMeanwhile() throws {
        let desk = try Desk(program: "imp.wakeup(0.01, @() server.log(\"never\")); while (true);")
        desk.run(.seconds(1))
        #expect(desk.log.isEmpty)
    }

    /// Where the run cannot be paused the emulator gives it two virtual minutes and ends it.
    @Test func aLoopBelowANativeEnds() throws {
        let desk = try Desk(
            program:
                "if (hardware.wakereason() == 4) [1].map(function(x) { while (true); }); else server.log(\"again\");"
        ) { $0.release.squirrel.nanosecondsPerInstruction = 20_000 }
        desk.run(.seconds(200))
        #expect(desk.log.contains("ERROR: no end below a native call"))
        #expect(desk.log.last == "again")
    }

    @Test func deepRecursionIsAnError() throws {
        let desk = try Desk(program: "function f() { return 1 + f(); } if (hardware.wakereason() == 4) f();")
        desk.run(.seconds(2))
        #expect(desk.log.contains("ERROR: stack overflow"))
    }
}
