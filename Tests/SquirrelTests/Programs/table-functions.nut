local t = { n = 5, function get() { return n }, add = function(x) { return n + x }, dbl = @() n * 2 }
print(t.get() + " " + t.add(1) + " " + t.dbl() + "\n")
t.n = 7; print(t.get() + "\n"); local g = t.get; n <- "root"; print(g() + "\n")
