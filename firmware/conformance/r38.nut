// R38: sleeps until pin W wakes it, then connects.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
if (hardware.wakereason() == WAKEREASON_PIN) {
    server.log("woke=1");
    imp.wakeup(2, function() {
        server.connect(function(reason) { server.log("reason=" + reason); }, 10);
    });
} else {
    hardware.pinW.configure(DIGITAL_IN_WAKEUP);
    imp.onidle(function() { imp.deepsleepfor(3600); });
}
