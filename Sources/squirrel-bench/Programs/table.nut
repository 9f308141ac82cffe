// Slots made, read, changed and removed.
local sum = 0
for (local round = 0; round < 12; round++) {
    local t = {}
    for (local i = 0; i < 30000; i++) t[i * 7] <- i
    for (local i = 0; i < 30000; i++) sum = (sum + t[i * 7]) & 0xFFFFFF
    local names = { alpha = 1, beta = 2, gamma = 3, delta = 4 }
    for (local i = 0; i < 60000; i++) {
        names.alpha += names.beta
        names.gamma = names.alpha & 0xFF
    }
    foreach (key, value in t) sum = sum ^ value
    for (local i = 0; i < 15000; i++) delete t[i * 7]
    sum += t.len() + names.gamma
}
print(sum + "\n")
