function counter() { local n = 0; return { inc = function() { return ++n }, get = @() n } }
local a = counter(), b = counter(); a.inc(); a.inc(); b.inc(); print(a.get() + " " + b.get() + "\n")
