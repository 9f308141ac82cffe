function inner(n) { for (local i = 0; i < n; i++) yield i } function outer() { foreach (a in inner(3)) foreach (b in inner(a)) yield a * 10 + b } foreach (v in outer()) print(v + " "); print("\n")
