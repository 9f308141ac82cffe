// R9: DIGITAL_OUT may start high.
local pin = hardware.pinK;
imp.sleep(0.01);
pin.configure(DIGITAL_OUT, 1);
imp.sleep(0.005);
pin.write(1);
imp.sleep(0.005);
server.log("high=1");
imp.sleep(0.001);
pin.configure(DIGITAL_OUT, 0);
imp.sleep(0.001);
server.log("low=1");
