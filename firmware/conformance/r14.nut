// R14: a restart for want of memory says so.
server.log("reason=" + hardware.wakereason());
if (hardware.wakereason() != WAKEREASON_SW_RESET) {
    imp.wakeup(0.1, function() {
        local hoard = [];
        while (true) hoard.append(blob(1000));
    });
}
