local a = { va = 1 }, b = { vb = 2 }.setdelegate(a), c = { vc = 3 }.setdelegate(b)
print(c.va + c.vb + c.vc + "\n"); c.va = 10; print(a.va + " " + c.len() + "\n")
try { c.none } catch (e) { print(e + "\n") } try { c.none = 1 } catch (e) { print(e + "\n") }
