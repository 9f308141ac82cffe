local b = blob(3); b[1] = 5; local c = clone b; c[1] = 6; print(b[1] + " " + c[1] + " " + c.len() + "\n"); print(typeof b + " " + type(b) + " " + (b instanceof blob) + "\n")
class Buf extends blob { extra = 1; constructor(n) { base.constructor(n) } function first() { return this[0] } } local x = Buf(3); x[0] = 9; print(x.first() + " " + x.len() + " " + x.extra + "\n")
try { foreach (v in blob()) print(v) } catch (e) { print(e + "\n") }
