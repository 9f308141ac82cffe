// R1: a scan works with WiFi off.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);

function scan() {
    server.log("phase=off");
    imp.wakeup(0.5, function() {
        server.log("phase=scanning");
        imp.scanwifinetworks(function(networks) {
            server.log("networks=" + networks.len());
        });
    });
}

imp.onidle(function() {
    server.disconnect();
    imp.wakeup(0.1, scan);
});
