// R12: why Squirrel started. Each reason leads to the next one.
local reason = hardware.wakereason();
server.log("reason=" + reason);
hardware.pinW.configure(DIGITAL_IN_WAKEUP);
imp.wakeup(0.1, function() {
    if (reason == WAKEREASON_HW_RESET) imp.deepsleepfor(5);
    if (reason == WAKEREASON_TIMER) imp.deepsleepfor(3600);
    if (reason == WAKEREASON_PIN) throw "an error on purpose";
    if (reason == WAKEREASON_SQUIRREL_ERROR) {
        server.disconnect();
        imp.wakeup(1, function() { server.connect(); });
    }
});
