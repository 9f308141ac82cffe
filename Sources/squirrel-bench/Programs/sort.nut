// Sorting by the language's order and by a function.
local seed = 12345
function next() {
    seed = seed * 1103515245 + 12345
    return (seed >> 8) & 0xFFFFF
}
local check = 0
for (local round = 0; round < 6; round++) {
    local numbers = []
    for (local i = 0; i < 50000; i++) numbers.append(next())
    numbers.sort()
    check = check ^ numbers[25000]
}
for (local round = 0; round < 3; round++) {
    local numbers = []
    for (local i = 0; i < 20000; i++) numbers.append(next())
    numbers.sort(function(a, b) { return b <=> a })
    check = check ^ numbers[100]
}
print(check + "\n")
