// R4: SPI without a clock pin; SPI switched off.
local spi = hardware.spiLGDK;
hardware.pinD.configure(DIGITAL_OUT);
hardware.pinD.write(1);
server.log("rate=" + spi.configure(SIMPLEX_TX | NO_SCLK, 500));
imp.sleep(0.001);
spi.write("\x55\xAA\x55\xAA");
imp.sleep(0.001);
server.log("sent=1");
imp.sleep(0.001);
spi.disable();
local refused = 0;
try {
    spi.write("\x00");
} catch (error) {
    refused = 1;
}
server.log("refused=" + refused);
