local a = [1, 2, 3]
for (local i = 0; i < 5; i++) {
    local v = a[i]
    print(v + " ")
}
