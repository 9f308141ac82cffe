// K2: a network with a name of 32 characters can't be joined, one of 31 can.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
server.log("long=" + server.isconnected());
imp.setwificonfiguration("0123456789012345678901234567890", "blessed-be-the-line");
server.disconnect();
server.connect(function(reason) { server.log("short=" + reason); }, 30);
