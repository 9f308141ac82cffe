function f(a) { return a }
local x = 1
f(1, 2, 3)
local y = 2
