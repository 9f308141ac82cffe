local t = { a = 1 }
print(t.rawget("a") + " " + t.rawin("a") + " " + t.rawin("z") + "\n")
t.rawset("b", 2); print(t.b + " " + t.rawdelete("b") + " " + t.rawdelete("none") + " " + t.len() + "\n")
try { t.rawget("zz") } catch (e) { print(e + "\n") }
try { t.rawset(null, 1) } catch (e) { print(e + "\n") }
