function sum(...) { local s = 0; foreach (v in vargv) s += v; return s } print(sum() + " " + sum(1) + " " + sum(1, 2, 3) + "\n")
function named(a, ...) { return a + ":" + vargv.len() } print(named("x") + " " + named("x", 1, 2) + "\n"); try { named() } catch (e) { print(e + "\n") }
