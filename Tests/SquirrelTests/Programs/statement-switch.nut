function f(x) { switch (x) { case 1: return "one"; case "s": return "string"; case 2: case 3: return "two-three"; case null: return "null"; default: return "default" } }
print(f(1) + " " + f("s") + " " + f(2) + " " + f(3) + " " + f(null) + " " + f(99) + "\n")
switch (2) { case 1: print("1 "); case 2: print("2 "); case 3: print("3 "); break; case 4: print("4 ") } print("\n")
switch (5) { default: print("only default") } print("\n"); switch (1) {} 
local r = 0; foreach (v in [1, 2, 3]) { switch (v) { case 2: continue; default: r += v } } print(r + "\n")
switch (1.0) { case 1: print("float matches int\n") }
