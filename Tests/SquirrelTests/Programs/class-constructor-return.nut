class A { constructor() { return 5 } } print(typeof A() + "\n")
class V { n = 0; constructor(...) { n = vargv.len() } } print(V().n + V(1, 2).n + "\n")
class D { n = 0; constructor(a = 3) { n = a } } print(D().n + D(9).n + "\n")
class T { constructor() { throw "no" } } try { T() } catch (e) { print(e + "\n") }
