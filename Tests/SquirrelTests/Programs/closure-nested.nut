function a() { local x = 1; return function() { local y = 2; return function() { local z = 3; x++; y++; return x * 100 + y * 10 + z } } }
local f = a()(); print(f() + " " + f() + "\n")
