// Firmware of the fixture: configures units by factory BlinkUp at the press of a button or footswitch, and shows what came
// of them. Made for the vendor's impFactory box (an imp005).

const SSID = "factory-floor";
const PASSWORD = "";                // "" for an open network; a device group's own copy holds the real one
const LOCKOUT = 10;                 // s from one BlinkUp to the next

redLED <- hardware.pinF;
greenLED <- hardware.pinE;
blinkUpLED <- hardware.pinM;
button <- hardware.pinC;
footswitch <- hardware.pinH;

// --- display ------------------------------------------------------------------------------------------------------
// A Crystalfontz CFA533: two lines of 16 characters, packets of command, length, data and CRC-16.

class Display {

    static CLEAR = 6;
    static FIRST_LINE = 7;
    static BAUD = 19200;
    static WIDTH = 16;

    _uart = null;

    constructor(uart) {
        _uart = uart;
        _uart.configure(BAUD, 8, PARITY_NONE, 1, NO_CTSRTS);
        _send(CLEAR, "");
    }

    function show(first, second) {
        _send(FIRST_LINE, _line(first));
        _send(FIRST_LINE + 1, _line(second));
    }

    function _line(text) {
        if (text.len() > WIDTH) return text.slice(0, WIDTH);
        while (text.len() < WIDTH) text += " ";
        return text;
    }

    function _send(command, data) {
        local packet = blob(0);
        packet.writen(command, 'b');
        packet.writen(data.len(), 'b');
        foreach (c in data) packet.writen(c, 'b');
        local crc = 0xFFFF;
        foreach (c in packet) {
            crc = crc ^ c;
            for (local bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ 0x8408 : crc >> 1;
        }
        packet.writen(~crc & 0xFFFF, 'w');
        _uart.write(packet);
    }
}

// --- BlinkUp ------------------------------------------------------------------------------------------------------

isLocked <- false;

function configureUnit() {
    if (isLocked) return;
    isLocked = true;
    imp.wakeup(LOCKOUT, function() { isLocked = false; });
    redLED.write(0);
    greenLED.write(0);
    display.show("Sending BlinkUp", "");
    server.factoryblinkup(SSID, PASSWORD, blinkUpLED, BLINKUP_FAST | BLINKUP_ACTIVEHIGH);
}

// A press counts when it ends.
function listen(pin) {
    pin.configure(DIGITAL_IN, function() { if (pin.read() == 0) configureUnit(); });
}

// --- results ------------------------------------------------------------------------------------------------------

agent.on("testresult", function(result) {
    local passed = "success" in result && result.success;
    local id = "deviceInfo" in result && "deviceId" in result.deviceInfo ? result.deviceInfo.deviceId : "unknown unit";
    redLED.write(passed ? 0 : 1);
    greenLED.write(passed ? 1 : 0);
    display.show(id, passed ? "PASS" : "FAIL");
    server.log(id + (passed ? " passed" : " failed"));
});

// --- start --------------------------------------------------------------------------------------------------------

imp.enableblinkup(true);
redLED.configure(DIGITAL_OUT, 0);
greenLED.configure(DIGITAL_OUT, 0);
display <- Display(hardware.uart2);
display.show("Factory fixture", "Press the button");
listen(button);
listen(footswitch);
