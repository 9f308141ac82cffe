class A { n = 5; function get() { return n } } local a = A(); local m = a.get; try { m() } catch (e) { print(e + "\n") }
local bound = a.get.bindenv(a); print(bound() + " " + a.get.call(a) + "\n"); print((A.get == a.get) + "\n")
