// R2: server.connect() gives up after 60 s unless told otherwise.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
server.disconnect();
begin <- hardware.millis();

function report(name) {
    server.log(name + "=" + (hardware.millis() - begin) / 1000.0);
    begin = hardware.millis();
}

try {
    server.connect(function(reason) {
        report("default");
        server.connect(function(reason) {
            server.log("reason=" + reason);
            report("given");
        }, 10);
    });
} catch (error) {
    server.log("refused=" + error);
}
