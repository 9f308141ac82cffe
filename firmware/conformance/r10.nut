// R10: an open drain may start floating, with or without the module's own pull-up.
local pin = hardware.pinL;
imp.sleep(0.01);
pin.configure(DIGITAL_OUT_OD, 1);
imp.sleep(0.005);
pin.write(1);
hardware.pinT.configure(DIGITAL_OUT_OD_PULLUP, 1);
imp.sleep(0.001);
server.log("floating=1");
imp.sleep(0.001);
pin.write(0);
imp.sleep(0.001);
server.log("low=1");
