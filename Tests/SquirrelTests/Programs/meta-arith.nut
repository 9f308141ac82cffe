class V { x = 0; constructor(a) { x = a } function _add(o) { return V(x + o.x) } function _sub(o) { return V(x - o.x) } function _mul(k) { return V(x * k) } function _div(k) { return V(x / k) } function _modulo(k) { return V(x % k) } function _unm() { return V(-x) } function _tostring() { return "V" + x } }
print((V(1) + V(2)) + " " + (V(5) - V(2)) + " " + (V(3) * 4) + " " + (V(9) / 2) + " " + (V(9) % 4) + " " + -V(3) + "\n")
local v = V(1); v += V(10); v *= 2; print(v + "\n"); try { 5 + V(1) } catch (e) { print(e + "\n") }
