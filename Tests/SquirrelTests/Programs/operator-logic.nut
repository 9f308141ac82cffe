print((null || "default") + " " + (0 || 5) + " " + (1 && 2) + " " + (1 && null) + "\n")
print((false || null) + " " + ("" ? "t" : "f") + " " + (0.0 ? "t" : "f") + " " + ([] ? "t" : "f") + "\n")
local calls = 0
function f() { calls++; return true }

local r = true || f(); r = false && f()
