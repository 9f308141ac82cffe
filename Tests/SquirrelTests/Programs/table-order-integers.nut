local t = {}; for (local i = 0; i < 40; i += 3) t[i * i] <- i
foreach (k, v in t) print(k + " "); print("\n")
for (local i = 0; i < 30; i += 3) delete t[i * i]
foreach (k, v in t) print(k + " "); print("\n")
local n = {}; for (local i = -5; i < 5; i++) n[i] <- i; foreach (k, v in n) print(k + " "); print("\n")
