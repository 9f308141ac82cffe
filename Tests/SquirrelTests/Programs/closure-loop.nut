local fs = []; for (local i = 0; i < 3; i++) { local j = i; fs.append(function() { return j }) } foreach (f in fs) print(f() + " "); print("\n")
fs = []; for (local i = 0; i < 3; i++) fs.append(@() i); foreach (f in fs) print(f() + " "); print("\n")
fs = []; foreach (x in [7, 8, 9]) fs.append(@() x); foreach (f in fs) print(f() + " "); print("\n")
local k = 0; fs = []; while (k < 3) { local c = k * 10; fs.append(@() c); k++ } foreach (f in fs) print(f() + " "); print("\n")
