// R7: RTS drops at 16 free places of the receive FIFO. The program begins to read late.
local port = hardware.uartQRPW;
port.configure(115200, 8, PARITY_NONE, 1, 0);
local total = 0;
local rounds = 0;
local drain = null;
drain = function() {
    total += port.readblob(80).len();
    server.log("total=" + total);
    if (++rounds < 60) imp.wakeup(0.004, drain);
};
imp.wakeup(0.05, drain);
