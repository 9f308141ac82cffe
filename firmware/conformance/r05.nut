// R5: what went wrong on an I2C bus can be read; the bus can be switched off.
local bus = hardware.i2cAB;

bus.read(0x32, "\x0f", 1);
server.log("before=" + bus.readerror());
bus.configure(CLOCK_SPEED_400_KHZ);
local identity = bus.read(0x32, "\x0f", 1);
server.log("identity=" + (identity == null ? -1 : identity[0]));
server.log("present=" + bus.readerror());
local nobody = bus.read(0x44, "", 1);
server.log("nothing=" + (nobody == null ? 1 : 0));
server.log("absent_read=" + bus.readerror());
server.log("absent_write=" + bus.write(0x44, "\x00"));
bus.disable();
server.log("disabled=" + bus.write(0x32, "\x00"));
