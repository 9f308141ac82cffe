local t = {}; local c = t; for (local i = 0; i < 500; i++) { c.next <- {}; c = c.next } c.end <- "deep"; local n = 0; c = t; while ("next" in c) { c = c.next; n++ } print(n + c.end + "\n")
