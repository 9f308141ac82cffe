class A { a = null; b = null; c = [1]; d = { k = 1 } } local x = A(); x.a = 5; local y = A(); print(x.a + " " + y.a + " " + (x.d == y.d) + "\n")
