// R15: says whether the server was reached.
server.log("connected=" + server.isconnected());
