local t = {}; for (local i = 0; i < 100; i++) t["key" + i] <- i
local n = 0; foreach (k, v in t) { if (n++ % 5 == 0) print(k + " ") } print("\n")
local c = clone t; n = 0; foreach (k, v in c) { if (n++ % 7 == 0) print(k + " ") } print("\n")
for (local i = 0; i < 90; i++) delete t["key" + i]; foreach (k, v in t) print(k + " "); print("\n")
t.clear(); t.x <- 1; t.y <- 2; foreach (k, v in t) print(k + " "); print("\n")
