// R19: says whether the server was reached among several access points.
server.log("connected=" + server.isconnected());
