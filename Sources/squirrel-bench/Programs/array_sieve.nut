// Primes below 200,000, ten times over.
function sieve(limit) {
    local flags = array(limit + 1, true)
    local count = 0
    for (local i = 2; i <= limit; i++) {
        if (flags[i]) {
            count++
            for (local j = i + i; j <= limit; j += i) flags[j] = false
        }
    }
    return count
}
local total = 0
for (local round = 0; round < 10; round++) total += sieve(200000)
print(total + "\n")
