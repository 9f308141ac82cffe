// R37: no BlinkUp and no LED beyond the first minute, not even while connecting.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
imp.enableblinkup(false);
server.log("ready=1");
imp.wakeup(62, function() {
    server.disconnect();
    server.connect(function(reason) { server.log("reason=" + reason); }, 10);
});
