calls <- 0
function t() { calls++; return true }
function f() { calls++; return false }
local a = t() || t(); print(a + " " + calls + "\n")
a = f() || t(); print(a + " " + calls + "\n")
a = f() && t(); print(a + " " + calls + "\n")
a = t() && f() || t(); print(a + " " + calls + "\n")
