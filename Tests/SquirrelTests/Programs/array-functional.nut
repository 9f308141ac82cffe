function show(a) { foreach (x in a) print(x + " "); print("\n") }
local a = [1, 2, 3, 4]
show(a.map(@(x) x * x)); print(a.reduce(@(p, c) p + c) + "\n"); show(a.filter(@(i, v) v % 2 == 0)); show(a.filter(@(i, v) i > 1))
a.apply(@(x) x + 10); show(a)
print([].reduce(@(a, b) a) + " " + [5].reduce(@(a, b) a) + " " + a.find(12) + " " + a.find(99) + "\n")
print([1, 2.0, "3"].find(2) + " " + [null].find(null) + "\n")
