// R40: reached when BlinkUp was understood.
server.log("ran=1");
