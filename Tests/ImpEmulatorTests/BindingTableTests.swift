import Testing

@testable import ImpEmulator

/// Call by call: what Squirrel gets from Release 30's API, or with which sentence it is refused.
@Suite struct BindingTableTests {
    /// Expression and its value as text; what begins with `!` is an exception.
    private static let rows: [(expression: String, result: String)] = [
        // Identity and names.
        ("hardware.getdeviceid() == \"3000\" + imp.getmacaddress()", "true"),
        ("imp.getmacaddress().len()", "12"),
        ("imp.getsoftwareversion().find(\"release-30\") != null", "true"),
        ("imp.environment() == ENVIRONMENT_MODULE", "true"),
        ("imp.getcountry()", "00005355"),
        ("\"spiflash\" in hardware", "true"),
        ("\"uartUVGD\" in hardware", "true"),
        ("\"pinI\" in hardware", "false"),
        ("typeof imp.getmemoryfree()", "integer"),
        ("imp.configparams.factoryfirmware", "true"),
        ("\"factory_imp_device_id\" in imp.configparams", "true"),
        ("imp.getssid()", "factory-floor"),
        ("imp.getbssid().len()", "12"),
        ("imp.getchannel()", "6"),
        ("imp.rssi() < -20 && imp.rssi() > -70", "true"),
        ("hardware.wakereason() == WAKEREASON_NEW_SQUIRREL", "true"),
        ("server.isconnected()", "true"),
        ("imp.getpowersave()", "false"),
        ("casti2f(0x3F800000)", "1"),
        // What Release 30 does not have.
        ("imp.info()", "!the index 'info' does not exist"),
        ("imp.net", "!the index 'net' does not exist"),
        ("imp.setuserconfiguration(\"x\")", "!the index 'setuserconfiguration' does not exist"),
        ("server.restart()", "!the index 'restart' does not exist"),
        ("hardware.spiflash.info()", "!the index 'info' does not exist"),
        ("hardware.pinI", "!the index 'pinI' does not exist"),
        ("compilestring(\"1\")", "!the index 'compilestring' does not exist"),
        ("getconsttable()", "!the index 'getconsttable' does not exist"),
        ("newthread(@() 1)", "!the index 'newthread' does not exist"),
        ("getstackinfos(1)", "!the index 'getstackinfos' does not exist"),
        ("__EI.PRODUCT_ID", "!the index '__EI' does not exist"),
        ("device.on(\"x\", @(y) y)", "!the index 'device' does not exist"),
        // Pins.
        ("hardware.pinS.configure(DIGITAL_OUT, 0)", "(null : 0x0)"),
        (
            "(hardware.pinE.configure(DIGITAL_OUT, 1), hardware.pinK.configure(DIGITAL_IN), hardware.pinK.read())",
            "1"
        ),
        ("(hardware.pinE.write(0), hardware.pinK.read())", "0"),
        ("(hardware.pinJ.configure(ANALOG_IN), hardware.pinJ.read() > 30000)", "true"),
        ("hardware.pinY.configure(ANALOG_IN)", "!pinY does not support this mode"),
        ("hardware.pinY.configure(999)", "!pinY does not support this mode"),
        ("hardware.pinA.write(1)", "!pinA not configured for output"),
        ("hardware.pinY.configure(DIGITAL_IN, @() 1)", "!pinY does not support this mode"),
        // Serial ports.
        ("hardware.uartDM.read()", "-1"),
        ("hardware.uartDM.configure(115200, 8, PARITY_NONE, 1, NO_CTSRTS)", "115226"),
        ("hardware.uartDM.write(\"abc\")", "(null : 0x0)"),
        ("(hardware.uartDM.flush(), hardware.uartDM.readstring())", "abc"),
        ("(hardware.uartDM.write(65), hardware.uartDM.flush(), hardware.uartDM.read())", "65"),
        ("hardware.uartDM.flags() & WRITE_DONE", "2"),
        ("hardware.uartDM.readblob(5).len()", "0"),
        ("hardware.uartFG.configure(100, 8, PARITY_NONE, 1, 0)", "!bad baud rate in uart.configure"),
        ("hardware.uartFG.configure(9600, 9, PARITY_NONE, 1, 0)", "!bad format in uart.configure"),
        ("hardware.uartFG.configure(9600, 8, 7, 1, 0)", "!bad format in uart.configure"),
        ("hardware.uartFG.write(\"x\")", "!uart not configured"),
        ("hardware.uartFG.setrxfifosize(19)", "!bad FIFO size"),
        // I²C.
        ("hardware.i2cAB.read(0x90, \"\\x00\", 2) == null", "true"),
        ("hardware.i2cAB.readerror()", "-13"),
        ("(hardware.i2cAB.configure(CLOCK_SPEED_400_KHZ), hardware.i2cAB.read(0x32, \"\\x0F\", 1)[0])", "51"),
        ("(hardware.i2cAB.write(0x32, \"\\x0F\"), hardware.i2cAB.read(0x32, \"\", 1)[0])", "51"),
        ("hardware.i2cAB.write(0x44, \"x\")", "-2"),
        ("(hardware.i2cAB.read(0x44, \"\", 1), hardware.i2cAB.readerror())", "-6"),
        ("hardware.i2cAB.configure(7)", "!bad clock speed in i2c.configure"),
        // SPI flash.
        ("hardware.spiflash.size()", "!hardware.spiflash is not enabled"),
        ("(hardware.spiflash.enable(), hardware.spiflash.size())", "65536"),
        ("hardware.spiflash.chipid()", "13123603"),
        ("hardware.spiflash.erasesector(5)", "!bad sector address in hardware.spiflash.erasesector(address)"),
        ("hardware.spiflash.erasesector(0)", "(null : 0x0)"),
        ("hardware.spiflash.write(0, blobOf(\"hello\"), SPIFLASH_POSTVERIFY)", "0"),
        ("hardware.spiflash.write(0, blobOf(\"\\xFF\"), SPIFLASH_PREVERIFY)", "2"),
        ("hardware.spiflash.write(8, blobOf(\"abcdef\"), 0, 2, 4)", "0"),
        ("hardware.spiflash.read(0, 5).tostring()", "hello"),
        ("hardware.spiflash.read(5, 3)[2]", "255"),
        ("hardware.spiflash.read(8, 2).tostring()", "cd"),
        ("readInto(4)", "hello"),
        ("hardware.spiflash.read(65536, 1)", "!address out of range in hardware.spiflash.read"),
        (
            "hardware.spiflash.write(0, \"text\")",
            "!parameter 2 has an invalid type 'string' ; expected: 'instance'"
        ),
        // imp and server.
        ("imp.setcountry(1)", "!bad region code 1 in imp.setcountry(regionCode)"),
        ("(imp.setcountry(0x4247), imp.getcountry())", "00004247"),
        ("imp.setnvramimage(blob(0))", "!bad settings in imp.setnvramimage(settings)"),
        ("imp.setnvramimage(blobOf(\"devid=0x4343\")).len()", "16"),
        (
            "imp.setwificonfiguration(\"\", \"\")",
            "!bad parameter in imp.setwificonfiguration(ssid, password)"
        ),
        (
            "imp.wakeup(\"soon\", @() 1)",
            "!parameter 1 has an invalid type 'string' ; expected: 'integer|float'"
        ),
        ("imp.wakeup(1)", "!wrong number of parameters"),
        ("imp.cancelwakeup(imp.wakeup(1, @() server.log(\"never\")))", "(null : 0x0)"),
        ("imp.deepsleepfor(-1)", "!bad parameter in imp.deepsleepfor(seconds)"),
        ("imp.deepsleepuntil(25, 0, 0)", "!bad parameter in imp.deepsleepuntil(hour, minute, second)"),
        ("imp.scanwifinetworks().len() > 0", "true"),
        ("imp.scanwifinetworks()[0].bssid.len()", "12"),
        (
            "server.setsendtimeoutpolicy(7, 0, 1)",
            "!bad policy in server.setsendtimeoutpolicy(policy, waitFor, timeout)"
        ),
        ("server.flush(5)", "true"),
        (
            "(server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10), server.connect(@(reason) 1, -1))",
            "!bad timeout in server.connect(callback, timeout)"
        ),
        ("time() > 1416182400", "true"),
    ]

    @Test func everyCallGivesItsResultOrItsSentence() throws {
        var source = """
            function blobOf(text) { local b = blob(); foreach (c in text) b.writen(c, 'b'); return b; }
            function readInto(at) {
                local b = blob(9);
                b.seek(at);
                hardware.spiflash.readintoblob(0, b, 5);
                b.seek(at);
                return b.readblob(5).tostring();
            }
            function last(...) { return vargv[vargv.len() - 1]; }

            """
        for (number, row) in Self.rows.enumerated() {
            // A row in parentheses is a list of which the last counts.
            let call = row.expression.hasPrefix("(") ? "last" + row.expression : row.expression
            source +=
                "try { server.log(\"\(number)=\" + (\(call))); } catch (e) { server.log(\"\(number)=!\" + e); }\n"
        }
        let desk = try Desk(program: source)
        desk.run(.seconds(20))
        var results: [String: String] = [:]
        for line in desk.log {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { results[String(parts[0])] = String(parts[1]) }
        }
        for (number, row) in Self.rows.enumerated() {
            #expect(results["\(number)"] == row.result, "\(row.expression)")
        }
    }

    @Test func theDemoFirmwareCompiles() throws {
        for program in [DeviceProgram.factory, .application, .silence] {
            #expect(throws: Never.self) { _ = try program.loaded(into: SquirrelVMForTests.make()) }
        }
        #expect(
            DeviceProgram.factory.libraries.map(\.description) == [
                "FactoryLink.lib.nut:1.0.0", "CBOR.lib.nut:1.0.0",
            ])
        #expect(DeviceProgram.factory.digest != DeviceProgram.application.digest)
    }

    @Test func errorsOfTheCompilerNameFileAndLine() {
        #expect(throws: (any Error).self) {
            try DeviceProgram(name: "t.nut", source: Array("local a = 1;\nlocal base = 1;".utf8))
        }
        do {
            _ = try DeviceProgram(name: "t.nut", source: Array("\n#require \"Absent.class.nut:1.0.0\"".utf8))
            Issue.record("a library that is not there was found")
        } catch {
            #expect("\(error)".hasPrefix("t.nut:2: library \"Absent.class.nut:1.0.0\" was not found"))
        }
    }
}
