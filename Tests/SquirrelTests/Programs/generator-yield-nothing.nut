function g() { yield; yield null; yield 5 } foreach (v in g()) print(v + " "); print("\n")
function a(x, ...) { yield x; foreach (v in vargv) yield v } foreach (v in a(1, 2, 3)) print(v + " "); print("\n"); function d(x = 4) { yield x } print((resume d()) + "\n")
