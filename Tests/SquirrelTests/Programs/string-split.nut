foreach (x in split("a,b,,c", ",")) print("[" + x + "]"); print("\n")
foreach (x in split("  two  words ", " ")) print("[" + x + "]"); print("\n")
foreach (x in split("a-b_c", "-_")) print("[" + x + "]"); print("\n")
print(split("", ",").len() + " " + split("abc", ",").len() + " " + split(",,,", ",").len() + "\n")
try { split("a", "") } catch (e) { print(e + "\n") }
