function check(x) {
    if (x > 2)
        throw "too big: " + x
    return x
}
print(check(1) + "\n")
print(check(3) + "\n")
