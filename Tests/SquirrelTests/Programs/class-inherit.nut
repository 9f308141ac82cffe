class A { v = "a"; constructor() { print("A() ") } function f() { return "A.f " + v } function g() { return f() } }
class B extends A { v = "b"; constructor() { base.constructor(); print("B() ") } function f() { return "B.f<" + base.f() + ">" } }
class C extends B {} local c = C(); print("\n" + c.f() + " " + c.g() + "\n")
class D extends A { function f() { return "D" } } print(D().g() + "\n")
