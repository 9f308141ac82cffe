local n = 0; local mk = function() { n++; return n }
local f = function(x = mk()) { return x } print(f() + " " + f() + " " + n + "\n")
local list = []; local g = function(x, l = list) { l.append(x); return l.len() } print(g(1) + " " + g(2) + "\n")
