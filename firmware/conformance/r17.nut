// R17: gets a message that is larger than the receive window.
agent.on("data", function(data) {
    server.log("got=" + data.len());
});
agent.send("go", 20000);
