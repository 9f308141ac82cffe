// R18: says whether the server was reached at a weak signal.
server.log("connected=" + server.isconnected());
