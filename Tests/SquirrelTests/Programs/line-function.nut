function inner(x) {
    local y = x * 2
    return y.nothing
}
function outer() {
    local a = 1
    inner(a)
    return a
}

outer()
