function fibs() { local a = 0, b = 1; while (true) { yield a; local t = a; a = b; b = t + b } } local f = fibs(); for (local i = 0; i < 10; i++) print((resume f) + " "); print("\n")
