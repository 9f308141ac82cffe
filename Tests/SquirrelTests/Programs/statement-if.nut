local x = 5
if (x > 3) print("big\n")
if (x > 7) print("huge\n"); else print("not huge\n")
if (x == 1) print("one") else if (x == 5) print("five") else print("other")
print("\n")
if (x) { print("block\n") }
else { print("no\n") }
if (false) ; else print("else\n")
