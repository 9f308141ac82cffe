// N8: a crash of the radio's firmware stays unseen.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_FOR_ACK, 20);
losses <- 0;
server.onunexpecteddisconnect(function(reason) { server.log("losses=" + (++losses)); });
server.log("ready=1");
imp.wakeup(1, function() {
    local result = server.log("something to send while the radio is away");
    server.log("sent=" + (result == 0));
    server.log("losses=" + losses);
});
