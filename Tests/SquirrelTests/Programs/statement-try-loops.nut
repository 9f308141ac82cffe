for (local i = 0; i < 5; i++) { try { if (i == 1) continue; if (i == 3) break; if (i == 2) throw "two"; print(i + " ") } catch (e) { print(e + " ") } } print("\n")
function f() { foreach (v in [1, 2, 3]) { try { if (v == 2) return v } catch (e) {} } } print(f() + "\n")
local n = 0; while (true) { try { n++; if (n < 3) throw n; break } catch (e) { continue } } print(n + "\n")
