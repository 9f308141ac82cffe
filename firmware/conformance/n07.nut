// N7: the radio gets the image that the factory installs.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);

function reconnect(done) {
    server.disconnect();
    server.connect(done, 10);
}

imp.onidle(function() {
    local receipt = imp.setnvramimage("devid=0x4343\nccode=US\nregrev=0\nmaxp2ga0=0x50\n");
    server.log("receipt=" + receipt.len());
    reconnect(function(reason) {
        server.log("own=" + reason);
        imp.setnvramimage("devid=0x1234\nccode=US\nregrev=0\nmaxp2ga0=0x50\n");
        reconnect(function(reason) { server.log("foreign=" + reason); });
    });
});
