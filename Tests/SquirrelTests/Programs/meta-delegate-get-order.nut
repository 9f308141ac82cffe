local d2 = { function _get(k) { return "d2:" + k } }, d1 = { own = "d1" }.setdelegate(d2), t = {}.setdelegate(d1); print(t.own + " " + t.other + "\n"); print(t.len() + "\n")
