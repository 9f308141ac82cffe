// Factory firmware of the sensor node: runs on a device under test until it is blessed.
//
// It carries the factory link on the console port and does what the station asks. It knows nothing about what is right:
// limits, order and judgement are the station's plan. A functional test is a function in `tests`, see
// docs/writing-tests.md.

#require "FactoryLink.lib.nut:1.0.0"

const FIRMWARE = "factory";
const VERSION = "1.0";
const BAUD = 921600;
const SECTOR = 4096;

console <- hardware.uartQRPW;

// --- functional tests ---------------------------------------------------------------------------------------------
// Each gets the station's arguments and a table for what it measures. It returns nothing, or a sentence that says why
// the unit cannot be measured further; what it throws counts the same.

tests <- {};

tests["supply"] <- function(arguments, measured) {
    measured.voltage <- hardware.voltage();
}

// Pin J sees the supply through a divider of two equal resistors.
tests["battery"] <- function(arguments, measured) {
    hardware.pinJ.configure(ANALOG_IN);
    measured.voltage <- average(hardware.pinJ, 8) * hardware.voltage() * 2;
}

// DAC C to ADC H at a quarter, a half and three quarters of the supply; gain and offset (mV) by the outer two.
tests["adc-loopback"] <- function(arguments, measured) {
    hardware.pinC.configure(ANALOG_OUT);
    hardware.pinH.configure(ANALOG_IN);
    local seen = [];
    foreach (level in [0.25, 0.5, 0.75]) {
        hardware.pinC.write(level);
        seen.append(average(hardware.pinH, 8));
    }
    measured.half <- seen[1];
    measured.gain <- (seen[2] - seen[0]) / 0.5;
    measured.offset <- (seen[0] - measured.gain * 0.25) * hardware.voltage() * 1000;
}

// Pins that the fixture joins in pairs: each must carry both levels.
tests["gpio-loopback"] <- function(arguments, measured) {
    local broken = "", whole = 0;
    foreach (pair in [["E", "K"], ["L", "X"]]) {
        local output = hardware["pin" + pair[0]], input = hardware["pin" + pair[1]];
        output.configure(DIGITAL_OUT, 0);
        input.configure(DIGITAL_IN_PULLUP);
        local low = input.read();
        output.write(1);
        input.configure(DIGITAL_IN_PULLDOWN);
        if (low == 0 && input.read() == 1) {
            whole++;
        } else {
            broken += (broken.len() > 0 ? " " : "") + pair[0] + "-" + pair[1];
        }
    }
    measured.pairs <- whole;
    measured.broken <- broken;
}

// The button's level as it is now; the station presses it by a fixture line.
tests["button"] <- function(arguments, measured) {
    hardware.pinU.configure(DIGITAL_IN_PULLDOWN);
    measured.pressed <- hardware.pinU.read() == 1;
}

tests["sensor"] <- function(arguments, measured) {
    local bus = hardware.i2cAB;
    bus.configure(CLOCK_SPEED_400_KHZ);
    local bytes = bus.read(0x90, "\x00", 2);
    measured.present <- bytes != null;
    measured.error <- bytes != null ? 0 : bus.readerror();
    if (bytes == null) return "the thermometer does not answer, error " + measured.error;
    measured.temperature <- ((bytes[0] << 24 | bytes[1] << 16) >> 20) / 16.0;
}

tests["accelerometer"] <- function(arguments, measured) {
    local bus = hardware.i2cAB;
    bus.configure(CLOCK_SPEED_400_KHZ);
    local answer = bus.read(0x32, "\x0F", 1);
    measured.present <- answer != null;
    if (answer == null) return "the accelerometer does not answer, error " + bus.readerror();
    measured.identity <- answer[0];
}

// 60 bytes around uartDM.
tests["uart-loopback"] <- function(arguments, measured) {
    local port = hardware.uartDM, sent = blob(60);
    for (local i = 0; i < 60; i++) sent.writen(i * 37 + 11, 'b');
    port.configure(115200, 8, PARITY_NONE, 1, NO_CTSRTS);
    port.write(sent);
    port.flush();
    local received = port.readblob(80);
    measured.flags <- port.flags();
    port.disable();
    local wrong = math.abs(sent.len() - received.len());
    for (local i = 0; i < sent.len() && i < received.len(); i++) if (sent[i] != received[i]) wrong++;
    measured.sent <- sent.len();
    measured.received <- received.len();
    measured.wrong <- wrong;
}

// Erases, writes and reads the last user sector, and puts back what was there. Times in milliseconds.
tests["flash-sector"] <- function(arguments, measured) {
    local flash = hardware.spiflash, address = flash.size() - SECTOR;
    measured.size <- flash.size();
    measured.chip <- flash.chipid();
    local pattern = blob(SECTOR);
    for (local i = 0; i < SECTOR; i++) pattern.writen(i * 167 + (i >> 8), 'b');
    local kept = flash.read(address, SECTOR);

    local began = hardware.micros();
    flash.erasesector(address);
    measured.erase <- (hardware.micros() - began) / 1000.0;
    began = hardware.micros();
    measured.verified <- flash.write(address, pattern, SPIFLASH_POSTVERIFY) == 0;
    measured.program <- (hardware.micros() - began) / 1000.0;
    flash.erasesector(address);
    if (flash.write(address, kept, SPIFLASH_POSTVERIFY) != 0) return "the old content could not be put back";
}

// Lights the product's LED, or not; the station looks.
tests["led"] <- function(arguments, measured) {
    local on = argument(arguments, "on", "bool");
    hardware.pinS.configure(DIGITAL_OUT, on ? 0 : 1);
    measured.on <- on;
}

tests["light"] <- function(arguments, measured) {
    measured.level <- hardware.lightlevel();
}

tests["memory"] <- function(arguments, measured) {
    measured.free <- imp.getmemoryfree();
}

tests["wifi"] <- function(arguments, measured) {
    if (!server.isconnected()) return "not connected";
    local sum = 0;
    for (local i = 0; i < 4; i++) sum += imp.rssi();
    measured.rssi <- sum / 4;
    measured.channel <- imp.getchannel();
    measured.ssid <- CBOR.textOrBytes(imp.getssid());
}

tests["wake-reason"] <- function(arguments, measured) {
    measured.reason <- hardware.wakereason();
}

// The mean of `count` conversions, as a fraction of full scale.
function average(pin, count) {
    local sum = 0;
    for (local i = 0; i < count; i++) sum += pin.read();
    return sum / (count * 65520.0);
}

// --- what the station may ask for ---------------------------------------------------------------------------------
// Each gets the arguments and a function that takes the result, now or later.

verbs <- {};

verbs["identify"] <- function(arguments, answer) {
    local identity = {
        "device": hardware.getdeviceid(), "mac": imp.getmacaddress(), "release": imp.getsoftwareversion(),
        "name": FIRMWARE, "version": VERSION, "wake": hardware.wakereason()
    };
    try {
        identity["flash-size"] <- hardware.spiflash.size();
        identity["flash-chip"] <- hardware.spiflash.chipid();
    } catch (error) {
        // A unit without a usable chip still has a name.
    }
    answer(identity);
}

verbs["status"] <- function(arguments, answer) {
    local status = {
        "connected": server.isconnected(), "memory": imp.getmemoryfree(), "uptime": hardware.millis() / 1000
    };
    local ssid = imp.getssid();
    if (ssid != null && ssid != "") {
        status.ssid <- CBOR.textOrBytes(ssid);
        status.rssi <- imp.rssi();
    }
    answer(status);
}

verbs["tests"] <- function(arguments, answer) {
    answer({ "names": testNames() });
}

verbs["test"] <- function(arguments, answer) {
    local name = argument(arguments, "name", "string"), given = argument(arguments, "arguments", "table");
    if (!(name in tests)) {
        local known = "";
        foreach (other in testNames()) known += (known == "" ? "" : ", ") + other;
        throw failure("unknown-test", "no test " + name + "; this firmware has " + known);
    }
    local outcome = { "measurements": {} }, body = tests[name], reason = null;
    try {
        reason = body(given, outcome.measurements);
    } catch (error) {
        if (typeof error == "table" && "code" in error) throw error;
        reason = error.tostring();
    }
    if (reason != null) outcome.failure <- reason;
    answer(outcome);
}

verbs["nvram.install"] <- function(arguments, answer) {
    local image = argument(arguments, "image", "blob");
    answer({ "hash": refusable(@() imp.setnvramimage(image)) });
}

verbs["region.set"] <- function(arguments, answer) {
    local code = argument(arguments, "code", "integer");
    refusable(@() imp.setcountry(code));
    answer({});
}

verbs["region.get"] <- function(arguments, answer) {
    answer({ "code": imp.getcountry() });
}

verbs["scan"] <- function(arguments, answer) {
    local networks = refusable(@() imp.scanwifinetworks());
    foreach (network in networks) network.ssid = CBOR.textOrBytes(network.ssid);
    answer({ "networks": networks });
}

verbs["flash.info"] <- function(arguments, answer) {
    local flash = hardware.spiflash;
    refusable(function() {
        answer({ "size": flash.size(), "sector": SECTOR, "chip": flash.chipid() });
    });
}

verbs["flash.read"] <- function(arguments, answer) {
    local address = argument(arguments, "address", "integer"), length = argument(arguments, "length", "integer");
    userRange(address, length);
    answer({ "data": hardware.spiflash.read(address, length) });
}

verbs["flash.write"] <- function(arguments, answer) {
    local address = argument(arguments, "address", "integer"), data = argument(arguments, "data", "blob");
    local flags = 0;
    if (argument(arguments, "pre", "bool")) flags = flags | SPIFLASH_PREVERIFY;
    if (argument(arguments, "post", "bool")) flags = flags | SPIFLASH_POSTVERIFY;
    userRange(address, data.len());
    if (hardware.spiflash.write(address, data, flags) != 0) {
        throw failure("verify-failed", "flash at " + address + " differs");
    }
    answer({});
}

verbs["flash.erase"] <- function(arguments, answer) {
    local address = argument(arguments, "address", "integer"), sectors = argument(arguments, "sectors", "integer");
    userRange(address, sectors * SECTOR);
    if (address % SECTOR != 0) throw failure("out-of-range", "no sector begins at " + address);
    for (local i = 0; i < sectors; i++) hardware.spiflash.erasesector(address + i * SECTOR);
    answer({});
}

verbs["bless"] <- function(arguments, answer) {
    local passed = argument(arguments, "passed", "bool");
    if (!server.isconnected()) throw failure("not-ready", "not connected to the server");
    server.bless(passed, function(blessed) {
        answer({ "blessed": blessed });
        report(passed, blessed);
    });
}

verbs["clear-configuration"] <- function(arguments, answer) {
    imp.clearconfiguration();
    answer({});
}

verbs["restart"] <- function(arguments, answer) {
    answer({});
    imp.wakeup(0.1, function() { throw "restart asked for by the station"; });
}

verbs["sleep-zero"] <- function(arguments, answer) {
    answer({});
    imp.wakeup(0.1, function() { imp.deepsleepfor(0); });
}

function testNames() {
    local names = [];
    foreach (name, body in tests) names.append(name);
    names.sort();
    return names;
}

// --- refusals -----------------------------------------------------------------------------------------------------

function failure(code, message) {
    return { "code": code, "message": message };
}

function argument(arguments, name, type) {
    if (!(name in arguments) || typeof arguments[name] != type) {
        throw failure("bad-arguments", name + " must be a " + type);
    }
    return arguments[name];
}

// What the module says no to is an answer, not a reason to restart.
function refusable(body) {
    try {
        return body();
    } catch (error) {
        throw failure("refused", error.tostring());
    }
}

function userRange(address, length) {
    local size = hardware.spiflash.size();
    if (address < 0 || length < 0 || address > size || length > size - address) {
        throw failure("out-of-range", length + " bytes at " + address + "; the user area has " + size);
    }
}

// --- connection ---------------------------------------------------------------------------------------------------

// A start from deep sleep has no connection, and one that stood may break.
function stayConnected(reason = null) {
    if (server.isconnected()) return;
    server.connect(function(reason) {
        if (reason != SERVER_CONNECTED) imp.wakeup(1, stayConnected);
    });
}

// To the fixture by way of the agents, where the unit has one.
function report(passed, blessed) {
    if (!("agent" in getroottable())) return;
    agent.send("testresult", {
        "deviceInfo": { "deviceId": hardware.getdeviceid(), "mac": imp.getmacaddress() },
        "ts": time(), "success": passed && blessed
    });
}

// --- start --------------------------------------------------------------------------------------------------------

server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
imp.enableblinkup(true);
hardware.spiflash.enable();

link <- FactoryLink(console, BAUD, FIRMWARE + " " + VERSION, function(verb, arguments, answer) {
    if (!(verb in verbs)) throw failure("unknown-verb", "no verb '" + verb + "'");
    // By way of a local variable: called as `verbs[verb](…)`, the function would look names up in `verbs` first.
    local body = verbs[verb];
    body(arguments, answer);
}.bindenv(this));
link.start();

server.onunexpecteddisconnect(stayConnected);
stayConnected();
