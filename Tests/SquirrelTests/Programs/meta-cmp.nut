class N { v = 0; constructor(a) { v = a } function _cmp(o) { return v <=> o.v } } local a = N(1), b = N(2)
print((a < b) + " " + (a > b) + " " + (a <=> b) + " " + (a == b) + " " + (a <= a) + "\n"); local l = [N(3), N(1), N(2)]; l.sort(); foreach (x in l) print(x.v); print("\n")
class Bad { function _cmp(o) { return "x" } } try { print(Bad() < Bad()) } catch (e) { print(e + "\n") }
