try { print(1 / 0) } catch (e) { print(e + "\n") }
local a = 5, z = 0
try { a /= z } catch (e) { print(e + "\n") }
local t = { v = 3 }
try { t.v /= z } catch (e) { print(e + "\n") }
try { t.v %= z } catch (e) { print(e + "\n") }
print(a + " " + t.v + "\n")
print(1 / z)
