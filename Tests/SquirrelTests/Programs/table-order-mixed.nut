local t = { a = 1, [1] = 2, [2.5] = 3, [true] = 4, b = 5, [false] = 6, [-1] = 7, [1e3] = 8, c = 9 }
foreach (k, v in t) print(k + ":" + v + " "); print("\n")
