// Nothing, many times.
local n = 0
for (local i = 0; i < 30000000; i++) { }
while (n < 10000000) n++
print(n + "\n")
