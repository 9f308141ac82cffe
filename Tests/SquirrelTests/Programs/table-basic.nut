local t = { a = 1, ["b c"] = 2, [3] = "three", d = { e = 5 } }
print(t.a + " " + t["b c"] + " " + t[3] + " " + t.d.e + " " + t.len() + "\n")
t.new <- "n"; t.a = 10; print(t.new + t.a + "\n"); delete t.new; print(("new" in t) + "\n")
print(delete t.a); print(" " + t.len() + "\n")
