// R22: zeros are clocked out while SPI reads.
local spi = hardware.spiEBCA;
spi.configure(CLOCK_IDLE_LOW, 1000);
spi.write("\xff");
imp.sleep(0.001);
server.log("reading=1");
imp.sleep(0.001);
spi.readblob(32);
server.log("read=1");
