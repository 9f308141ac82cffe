// N9: a DMX frame: break, mark, slots of 250 kbit/s with two stop bits.
local port = hardware.uartFG;
local tx = hardware.pinF;
local slots = blob(25);
for (local slot = 1; slot < 25; slot++) slots[slot] = slot;

port.configure(250000, 8, PARITY_NONE, 2, NO_CTSRTS | NO_RX);
imp.sleep(0.001);
tx.configure(DIGITAL_OUT, 0);
imp.sleep(0.0001);
tx.write(1);
imp.sleep(0.00002);
port.configure(250000, 8, PARITY_NONE, 2, NO_CTSRTS | NO_RX);
port.write(slots);
port.flush();
imp.sleep(0.001);
server.log("done=1");
