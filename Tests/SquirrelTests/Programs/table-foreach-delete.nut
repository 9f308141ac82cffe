local t = {}; for (local i = 0; i < 10; i++) t[i] <- i
foreach (k, v in t) if (v == 3) t[3] = "changed"; print(t[3] + "\n")
