// R26: flush() always comes back.
local port = hardware.uartFG;
port.configure(115200, 8, PARITY_NONE, 1, NO_CTSRTS | NO_RX);
for (local i = 1; i <= 40; i++) {
    port.write(blob(1 + i * 7 % 60));
    port.flush();
    server.log("flushes=" + i);
}
