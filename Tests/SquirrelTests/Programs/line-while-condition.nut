local n = 3
while (n.foo < 5) {
    n++
}
