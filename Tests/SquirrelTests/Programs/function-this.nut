local t = { v = "t", function f() { return v }, function g() { return this.v }, function h() { return (function() { return this.v })() } }
print(t.f() + t.g() + t.h() + "\n")
v <- "root"; local f = t.f; print(f() + "\n"); print(t.f.call({ v = "called" }) + "\n")
function rootf() { return this == getroottable() } print(rootf() + "\n")
