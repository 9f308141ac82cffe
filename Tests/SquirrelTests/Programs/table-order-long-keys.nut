local t = {}
for (local i = 0; i < 12; i++) t["a rather long key that is more than thirty-two bytes " + i + " long"] <- i
foreach (k, v in t) print(v + " "); print("\n")
