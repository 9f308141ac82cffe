// Closures that share and change variables of their makers.
function counter(start) {
    local value = start
    return function(step) {
        value += step
        return value
    }
}
local sum = 0
for (local i = 0; i < 200000; i++) {
    local next = counter(i)
    next(1)
    sum = (sum + next(2)) & 0xFFFFFF
}
local one = counter(0)
for (local i = 0; i < 1500000; i++) one(1)
print(sum + " " + one(0) + "\n")
