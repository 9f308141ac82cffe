function show(a) { foreach (x in a) print(x + " "); print("\n") }
local a = [0, 1, 2, 3, 4, 5]
show(a.slice(2)); show(a.slice(1, 3)); show(a.slice(-2)); show(a.slice(-4, -2)); show(a.slice(0, 0)); show(a.slice(0))
try { a.slice(4, 2) } catch (e) { print(e + "\n") }
try { a.slice(0, 9) } catch (e) { print(e + "\n") }
