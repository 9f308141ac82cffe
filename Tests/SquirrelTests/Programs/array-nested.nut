local m = []; for (local y = 0; y < 3; y++) { m.append([]); for (local x = 0; x < 3; x++) m[y].append(x * y) }
foreach (row in m) { foreach (v in row) print(v + " "); print("\n") }
m[1][1] = "X"; m[2][0] += 5; print(m[1][1] + m[2][0] + "\n")
