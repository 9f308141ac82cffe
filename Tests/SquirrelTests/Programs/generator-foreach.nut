function g() { yield "a"; yield "b"; yield "c" } foreach (i, v in g()) print(i + v + " "); print("\n")
local x = g(); resume x; foreach (v in x) print(v); print("\n"); foreach (v in x) print("never"); print(x.getstatus() + "\n")
function empty() { if (false) yield 1 } foreach (v in empty()) print("v=" + v + " "); print("\n")
