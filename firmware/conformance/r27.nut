// R27: the pulse generator goes by its new settings from the first trigger on.
local out = hardware.pinC;
local trigger = hardware.pinE;
trigger.configure(DIGITAL_IN);
out.configure(PTPG_OUT_ACTIVE_HIGH, trigger, 0.001, 0.0005);
imp.sleep(0.001);
server.log("ready=1");
imp.wakeup(0.1, function() {
    out.configure(PTPG_OUT_ACTIVE_HIGH, trigger, 0.003, 0.0002);
    server.log("delay=" + out.getdelay() * 1000000);
});
