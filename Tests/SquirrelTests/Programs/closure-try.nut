local fs = []; for (local i = 0; i < 2; i++) { try { local v = "t" + i; fs.append(@() v); throw i } catch (e) { local w = e; fs.append(@() "c" + w) } }
foreach (f in fs) print(f() + " "); print("\n")
