// R16: tries again and again after the server was lost.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
online <- 1;

function connect() {
    server.connect(function(reason) {
        server.log("last=" + reason);
        if (reason == SERVER_CONNECTED) {
            server.log("online=" + (++online));
        } else {
            imp.wakeup(1, connect);
        }
    }, 20);
}

server.onunexpecteddisconnect(function(reason) { imp.wakeup(1, connect); });
server.log("online=" + online);
