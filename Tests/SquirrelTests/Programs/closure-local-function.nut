local function f(x) { return x * 3 } print(f(4) + "\n")
{ local function g() { return "inner" } print(g() + "\n") }
local function r(n) { return n == 0 ? "zero" : r(n - 1) }
try { r(2) } catch (e) { print(e + "\n") }
