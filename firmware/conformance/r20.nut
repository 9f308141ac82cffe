// R20: waits for acknowledgements that get lost.
local line = "";
for (local i = 0; i < 40; i++) line += "0123456789";
for (local i = 0; i < 6; i++) server.log(line);
server.log("flushed=" + server.flush(60));
