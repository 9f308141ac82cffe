// Exceptions thrown through a few calls and caught.
function inner(n) {
    if (n % 3 == 0) throw "three"
    if (n % 3 == 1) return null
    return n
}
function middle(n) { return inner(n) + 1 }
local caught = 0
local reached = 0
for (local i = 0; i < 400000; i++) {
    try {
        reached += middle(i) > 0 ? 1 : 0
    } catch (e) {
        caught++
    }
}
print(caught + " " + reached + "\n")
