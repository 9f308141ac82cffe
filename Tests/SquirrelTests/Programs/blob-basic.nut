local b = blob(4); print(b.len() + " " + b[0] + " " + b.tell() + "\n"); b[0] = 255; b[1] = 256 + 7; b[2] = -1; print(b[0] + " " + b[1] + " " + b[2] + "\n")
foreach (i, v in b) print(i + ":" + v + " "); print("\n"); foreach (f in [@() b[4], @() b[-1], @() blob(-1)]) try { f() } catch (e) { print(e + "\n") }
try { b[9] = 1 } catch (e) { print(e + "\n") }
