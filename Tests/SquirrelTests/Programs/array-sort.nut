function show(a) { foreach (x in a) print(x + " "); print("\n") }
local a = [5, 2, 8, 1, 9, 3, 7]; a.sort(); show(a)
a.sort(@(a, b) b <=> a); show(a)
a.sort(function(a, b) { if (a > b) return 1; if (a < b) return -1; return 0 }); show(a)
local m = [3, 1.5, 2, null, -1]; m.sort(); show(m)
local o = [{ k = 3, n = "c" }, { k = 1, n = "a" }, { k = 3, n = "d" }, { k = 2, n = "b" }, { k = 3, n = "e" }]
o.sort(@(a, b) a.k <=> b.k); foreach (x in o) print(x.n); print("\n")
