// R23: SPI and I2C are off when Squirrel has stopped.
if (hardware.wakereason() == WAKEREASON_SQUIRREL_ERROR) {
    server.log("i2c=" + (hardware.i2cAB.read(0x32, "\x0f", 1) == null ? "off" : "on"));
} else {
    hardware.spiLGDK.configure(CLOCK_IDLE_HIGH, 1000);
    hardware.i2cAB.configure(CLOCK_SPEED_100_KHZ);
    imp.wakeup(0.05, function() { throw "an error on purpose"; });
    server.log("first=1");
}
