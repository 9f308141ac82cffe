// R29: `base` as a variable's name is an error of the compiler. This program must not compile.
local base = 1;
server.log("value=" + base);
