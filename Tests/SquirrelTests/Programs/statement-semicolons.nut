local a = 1; local b = 2
local c = 3;; ; print(a + b + c); print("\n")
function f() { return 5 } print(f()); print("\n"); { } ; { ; }
