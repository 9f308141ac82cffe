local t = { n = 1 }.setdelegate({ function _cloned(o) { n = o.n + 100 } }); print((clone t).n + "\n")
