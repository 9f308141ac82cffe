a <- { b = {} }
function a::b::f(x) { return x + 1 } print(a.b.f(1) + "\n")
class K { v = 3 } function K::get() { return v } print(K().get() + "\n")
