// N1: five UARTs, two I2C buses, two SPI buses, each on its own pins.
foreach (name in ["uartFG", "uartQRPW", "uartUVGD", "uartWJ", "uartDM"]) {
    if (!(name in hardware)) continue;
    local port = hardware[name];
    port.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS);
    port.write("U");
    port.flush();
    port.disable();
}
server.log("uarts=1");
imp.sleep(0.001);
foreach (name in ["spiEBCA", "spiLGDK"]) {
    if (!(name in hardware)) continue;
    local bus = hardware[name];
    bus.configure(CLOCK_IDLE_LOW, 1000);
    bus.write("U");
    bus.disable();
}
server.log("spis=1");
imp.sleep(0.001);
foreach (name in ["i2cFG", "i2cAB"]) {
    if (!(name in hardware)) continue;
    local bus = hardware[name];
    bus.configure(CLOCK_SPEED_100_KHZ);
    bus.write(0x32, "\x0f");
    imp.sleep(0.001);
    bus.disable();
}
server.log("i2cs=1");
