// N5: the region decides on the channels.
server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);

function channels(region) {
    imp.setcountry(region);
    local found = {};
    foreach (network in imp.scanwifinetworks()) found[network.channel] <- true;
    return found.len();
}

imp.onidle(function() {
    server.log("us=" + channels(0x5355));
    server.log("eu=" + channels(0x4247));
});
