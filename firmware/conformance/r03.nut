// R3: each way to lose the server has its reason, all others are NOT_CONNECTED.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
losses <- 0;
attempts <- 0;

function connect() {
    server.connect(function(reason) {
        server.log("attempt" + (++attempts) + "=" + reason);
        if (reason != SERVER_CONNECTED) imp.wakeup(1, connect);
    }, 15);
}

server.onunexpecteddisconnect(function(reason) {
    server.log("lost" + (++losses) + "=" + reason);
    imp.wakeup(1, connect);
});
server.log("ready=" + server.isconnected());
