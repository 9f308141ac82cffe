local a = { n = "a", function get() { return n } }, b = { n = "b" }
local g = a.get.bindenv(b); print(g() + a.get() + " " + g.call(a) + "\n")
local p = print.bindenv({}); p("native\n")
try { print.bindenv(5) } catch (e) { print(e + "\n") }
class C { n = "c"; function mk() { return (function() { return n }).bindenv(this) } } print(C().mk()() + "\n")
local keep = C(); local f = keep.mk(); print(f() + "\n")
