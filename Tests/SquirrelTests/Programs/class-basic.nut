class P { x = 0; y = 0; constructor(a, b) { x = a; y = b } function sum() { return x + y } }
local p = P(3, 4); print(p.sum() + " " + p.x + "\n"); p.x = 10; print(p.sum() + "\n")
class E {} local e = E(); print(typeof e + "\n")
try { P(1) } catch (e) { print(e + "\n") } try { p.z } catch (e) { print(e + "\n") } try { p.z = 1 } catch (e) { print(e + "\n") } try { p.z <- 1 } catch (e) { print(e + "\n") }
