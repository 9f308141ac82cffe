// R25: flush() waits for the last bit at low rates.
local port = hardware.uartFG;
port.configure(1200, 8, PARITY_NONE, 1, NO_CTSRTS | NO_RX);
imp.sleep(0.01);
local text = "";
for (local i = 0; i < 80; i++) text += "U";
local begin = hardware.micros();
port.write(text);
port.flush();
server.log("flush=" + (hardware.micros() - begin) / 1000.0);
