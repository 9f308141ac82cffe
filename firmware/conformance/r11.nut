// R11: a configuration page is never half written.
imp.wakeup(0.5, function() {
    server.log("writing=1");
    imp.setwificonfiguration("second-network", "another password");
    server.log("written=1");
});
