// R39: reached when BlinkUp was understood.
server.log("ran=1");
