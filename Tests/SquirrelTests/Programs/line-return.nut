function f(t) {
    local q = 1
    return t.a.b
}
f({ a = 5 })
