// R6: bulk reads, event flags, the real bit rate, a callback that gets the flags. The fixture sends at fixed times.
local port = hardware.uartQRPW;
server.log("baud=" + port.configure(9600, 8, PARITY_EVEN, 1, NO_CTSRTS));

imp.wakeup(0.1, function() {
    server.log("bulk=" + port.readblob(80).len());
    port.flags();
});
imp.wakeup(0.2, function() {
    server.log("parity=" + (port.flags() & PARITY_ERROR));
    server.log("again=" + port.flags());
    port.readblob(80);
});
imp.wakeup(0.3, function() {
    server.log("frame=" + (port.flags() & FRAME_ERROR));
    port.readblob(80);
});
imp.wakeup(0.4, function() {
    server.log("noise=" + (port.flags() & NOISE_ERROR));
    port.readblob(80);
});
imp.wakeup(0.6, function() {
    server.log("overrun=" + (port.flags() & OVERRUN_ERROR));
    port.readblob(80);
    port.configure(9600, 8, PARITY_EVEN, 1, NO_CTSRTS | CALLBACK_WITH_FLAGS, function(flags) {
        port.readblob(80);
        server.log("callback=" + (flags & PARITY_ERROR));
    });
});
