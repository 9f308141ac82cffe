class R { n = 3; function _nexti(i) { if (i == null) return 0; return i < n - 1 ? i + 1 : null } function _get(i) { return i * 10 } } foreach (i, v in R()) print(i + ":" + v + " "); print("\n")
class Bad { function _nexti(i) { return "missing" } } try { foreach (x in Bad()) print("no") } catch (e) { print(e + "\n") }
