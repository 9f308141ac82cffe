// R13: an exception that was caught and logged names the line where it was raised.
function lift() {
    throw "lifted";
}

try {
    lift();
} catch (error) {
    server.log(error);
}
server.log("done=1");
