local x = 10; x += 5; print(x + " "); x -= 3; print(x + " "); x *= 2; print(x + " "); x /= 5; print(x + " "); x %= 3; print(x + "\n")
local t = { v = 10, s = "a" }
t.v += 5; t.v *= 2; t.v -= 1; t.v /= 3; t.v %= 4; t.s += "b"; print(t.v + " " + t.s + "\n")
local a = [1, 2]; a[1] += 5; a[0] -= 3; print(a[0] + " " + a[1] + "\n")
gg <- 3; gg += 4; gg *= 2; print(gg + "\n")
local k = "v"; t[k] += 100; print(t.v + "\n")
print((x += 5) + " " + x + " " + (t.v -= 1) + "\n")
