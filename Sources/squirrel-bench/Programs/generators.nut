// Values one at a time.
function count(limit) {
    for (local i = 0; i < limit; i++) yield i
}
function even(source) {
    foreach (value in source) if (value % 2 == 0) yield value
}
local sum = 0
foreach (value in even(count(1500000))) sum = (sum + value) & 0xFFFFFF
for (local i = 0; i < 150000; i++) {
    local g = count(2)
    sum += resume g
}
print(sum + "\n")
