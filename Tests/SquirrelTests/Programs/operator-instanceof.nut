class A {} class B extends A {} class C {}
local b = B()
print((b instanceof B) + " " + (b instanceof A) + " " + (b instanceof C) + " " + (5 instanceof A) + "\n")
try { print(b instanceof 5) } catch (e) { print(e + "\n") }
