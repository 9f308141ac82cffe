// R24: the last sample of the fixed-frequency DAC comes out. Sixteen steps in two buffers.
local first = blob(16);
local second = blob(16);
for (local step = 1; step <= 8; step++) {
    first.writen(4000 * step, 'w');
    second.writen(32000 + 4000 * step, 'w');
}
hardware.fixedfrequencydac.configure(hardware.pinC, 1000, [first, second], function(buffer) {
    if (buffer == null) server.log("empty=1");
});
imp.wakeup(0.01, function() { hardware.fixedfrequencydac.start(); });
