local log = ""; local f = function(x) { log += x; return x.len() } 
local r = f("a") + f("bb") * f("ccc"); local t = { [f("k") + ""] = f("v") }; local a = [f("1"), f("2")]; a[f("")] = f("z"); print(log + " " + r + "\n")
local i = 1; print((i + i++) + " " + i + "\n"); i = 1; print((i++ + i) + "\n"); i = 5; i = i++ + 1; print(i + "\n")
