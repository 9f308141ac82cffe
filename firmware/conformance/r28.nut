// R28: no pull-ups on the pins of PWM and pulse generator.
hardware.pinK.configure(PWM_OUT, 0.001, 0.0);
hardware.pinC.configure(PTPG_OUT_ACTIVE_HIGH, hardware.pinE, 0.001, 0.001);
imp.sleep(0.001);
server.log("ready=1");
