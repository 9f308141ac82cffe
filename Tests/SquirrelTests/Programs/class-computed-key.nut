local name = "dyn"; class A { [name] = 5; ["a b"] = 6; function f() { return this["a b"] } } print(A().dyn + A().f() + "\n")
