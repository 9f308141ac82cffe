local log = []; local t = { have = 1 }.setdelegate({ function _newslot(k, v) { log.append("new " + k); this.rawset(k, v) } function _delslot(k) { log.append("del " + k); return this.rawdelete(k) } })
t.a <- 1; t.have <- 2; delete t.a; foreach (l in log) print(l + ", "); print(t.len() + "\n")
class C { function _newslot(k, v) { print("slot " + k + "=" + v + "\n") } function _delslot(k) { print("del " + k + "\n") } } local c = C(); c.q <- 5; delete c.q
