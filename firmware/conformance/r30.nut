// R30: new code is loaded although Squirrel never comes back to its event loop.
server.log("reason=" + hardware.wakereason());
if (hardware.wakereason() != WAKEREASON_NEW_SQUIRREL) {
    imp.wakeup(0.1, function() {
        server.log("busy=1");
        while (true);
    });
}
