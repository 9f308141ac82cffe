local inf = 1.0 / 0.0, nan = inf - inf
print((nan == nan) + " " + (nan < 1.0) + " " + (nan > 1.0) + " " + (1.0 < nan) + " " + (nan ? "t" : "f") + "\n")
