try {
    throw "first"
} catch (e) {
    print(e + "\n")
    local z = null
    z.q()
}
