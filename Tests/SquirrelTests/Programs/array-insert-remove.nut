function show(a) { foreach (x in a) print(x + " "); print("\n") }
local a = [1, 2, 3]
a.insert(0, "s"); a.insert(2, "m"); a.insert(5, "e"); show(a)
print(a.remove(0) + " " + a.remove(1) + " " + a.remove(a.len() - 1) + "\n"); show(a)
a.extend([7, 8]); show(a); a.reverse(); show(a); a.clear(); print(a.len() + "\n")
