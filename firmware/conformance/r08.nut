// R8: a pin goes from UART to DIGITAL_OUT and back without a glitch.
local port = hardware.uartFG;
local tx = hardware.pinF;
port.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS | NO_RX);
imp.sleep(0.002);
port.write("U");
port.flush();
imp.sleep(0.001);
tx.configure(DIGITAL_OUT, 0);
imp.sleep(0.0005);
tx.write(1);
imp.sleep(0.001);
port.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS | NO_RX);
imp.sleep(0.001);
port.write("U");
port.flush();
imp.sleep(0.001);
server.log("done=1");
