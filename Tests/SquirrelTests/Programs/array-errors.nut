local a = [1, 2]
foreach (f in [@() a[2], @() a[-1], @() a["x"], @() a.x, @() [].pop(), @() [].top(), @() a.remove(9), @() a.insert(9, 1), @() a.resize("x")]) {
    try { f() } catch (e) { print(e + "\n") }
}
try { a[5] = 1 } catch (e) { print(e + "\n") }
try { a["k"] = 1 } catch (e) { print(e + "\n") }
try { a.x <- 1 } catch (e) { print(e + "\n") }
try { delete a[0] } catch (e) { print(e + "\n") }
