local z = 0.0, n = -z
print((z == n) + " " + (n ? "t" : "f") + " " + (z <=> n) + " " + n + "\n")
