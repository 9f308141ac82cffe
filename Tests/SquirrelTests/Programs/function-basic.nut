function add(a, b) { return a + b }
local f = add; print(add(1, 2) + f(3, 4) + "\n")
function nothing() {} print(nothing() + "\n")
print((function(x) { return x * 2 })(21) + "\n"); print((@(x, y) x + y)(1, 2) + "\n")
function early(x) { if (x) return "early"; return "late" } print(early(1) + early(0) + "\n")
