local a = [1], b = a; b.append(2); print(a.len() + "\n"); local c = clone a; c.append(3); print(a.len() + " " + c.len() + "\n")
local d = [[1]], e = clone d; e[0].append(2); print(d[0].len() + "\n")
