local t = null
if (t.x == 5) {
    print("no")
}
