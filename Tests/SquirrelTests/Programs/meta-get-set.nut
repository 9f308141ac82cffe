local store = { a = 1 }; local t = {}.setdelegate({ function _get(k) { ::print("get " + k + " "); return store[k] } function _set(k, v) { ::print("set " + k + " "); store[k] <- v } })
print(t.a + "\n"); t.b = 5; print(t.b + "\n"); try { t.zz } catch (e) { print(e + "\n") }
class P { _d = null; constructor() { _d = {} } function _get(k) { if (k in _d) return _d[k]; throw null } function _set(k, v) { _d[k] <- v } } local p = P(); p.foo = 7; print(p.foo + "\n"); try { p.bar } catch (e) { print(e + "\n") }
