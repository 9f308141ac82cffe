local a = 1, b = 2
switch (2) { case a: print("a\n"); break; case b: print("b\n"); break }
print(a + " " + b + "\n")
switch (3) { case 3: local inner = "scoped"; print(inner + "\n"); break; default: local inner = 5; print(inner) }
