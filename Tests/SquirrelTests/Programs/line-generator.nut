function g() {
    yield 1
    local n = null
    n.x
}
foreach (v in g()) {
    print(v + "\n")
}
