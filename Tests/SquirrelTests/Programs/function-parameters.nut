function f(a, b) { return a + b }
foreach (call in [@() f(), @() f(1), @() f(1, 2, 3)]) try { call() } catch (e) { print(e + "\n") }
function d(a, b = 2, c = 3) { return a + " " + b + " " + c }
print(d(1) + "|" + d(1, 5) + "|" + d(1, 5, 6) + "\n"); try { d() } catch (e) { print(e + "\n") }
