local a = [1, 2, 3]; foreach (i, v in a) { if (i < 5) a.append(v * 10) } print(a.len() + "\n")
local b = [1, 2, 3, 4]; foreach (i, v in b) { print(v + " "); if (v == 2) b.remove(0) } print("\n")
