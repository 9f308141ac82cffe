class A { x = 1; function f() {} } class B extends A {} local b = B()
print((b.getclass() == B) + " " + (B.getbase() == A) + " " + A.getbase() + " " + B.rawin("x") + " " + b.rawget("x") + "\n")
b.rawset("x", 9); print(b.x + " " + B.instance().x + "\n"); try { b.rawset("zz", 1) } catch (e) { print(e + "\n") }
B.rawset("h", @() "hi"); print(b.h() + "\n")
