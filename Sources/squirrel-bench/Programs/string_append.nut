// Building strings piece by piece.
local total = 0
for (local round = 0; round < 40; round++) {
    local s = ""
    for (local i = 0; i < 4000; i++) s += "ab"
    total += s.len()
}
for (local i = 0; i < 600000; i++) {
    local key = "k" + (i & 1023)
    total += key.len()
}
print(total + "\n")
