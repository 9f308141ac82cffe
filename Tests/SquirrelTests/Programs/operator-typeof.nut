class C {} function g() { yield 1 }
foreach (v in [1, 1.0, "s", true, null, {}, [], print, function() {}, g(), C, C(), C.weakref()]) print(typeof v + " ")
print("\n")
foreach (v in [1, 1.0, "s", true, null, {}, [], print, function() {}, g(), C, C(), blob(1)]) print(type(v) + " ")
print("\n" + typeof blob(1) + " " + typeof regexp("a") + "\n")
