function f(a, b = 3) {
    return a.x + b
}
f(1)
