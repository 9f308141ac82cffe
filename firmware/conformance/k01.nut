// K1: scans until the module restarts, then sleeps for no time.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
scans <- 0;
first <- imp.getmemoryfree();

function scan() {
    if (scans == 60) return server.log("survived=60");
    imp.scanwifinetworks(function(networks) {
        server.log("scans=" + (++scans));
        networks = null;
        server.log("hidden=" + (first - imp.getmemoryfree() < 16384));
        imp.wakeup(0, scan);
    });
}

switch (hardware.wakereason()) {
    case WAKEREASON_SW_RESET: server.log("restarted=1"); break;
    default: imp.onidle(scan);
}
