// R21: data stays what it was over a hundred connections.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
data <- {};
for (local i = 0; i < 32; i++) data["key" + i] <- i * 7919;
cycles <- 0;

function checksum() {
    local sum = data.len();
    for (local i = 0; i < 32; i++) sum = sum * 31 + data["key" + i];
    return sum;
}

expected <- checksum();
broken <- 0;

function cycle() {
    if (checksum() != expected) broken++;
    if (cycles == 100) {
        server.log("broken=" + broken);
        server.log("cycles=" + cycles);
        return;
    }
    server.disconnect();
    server.connect(function(reason) {
        if (reason == SERVER_CONNECTED) cycles++;
        cycle();
    }, 30);
}

imp.onidle(cycle);
