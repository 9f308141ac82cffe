// R43: from the wake pin to the first edge of a pin.
if (hardware.wakereason() == WAKEREASON_PIN) {
    hardware.pinS.configure(DIGITAL_OUT);
    hardware.pinS.write(1);
    server.log("awake=1");
} else {
    hardware.pinW.configure(DIGITAL_IN_WAKEUP);
    imp.wakeup(0.1, function() { imp.deepsleepfor(3600); });
}
