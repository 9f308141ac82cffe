local x = 5
print(x > 3 ? "big" : "small"); print("\n")
print(x > 7 ? "a" : x > 4 ? "b" : "c"); print("\n")
local y = x == 5 ? [1, 2] : {}
print(y.len() + "\n")
local z = (x < 0 ? 1 : 2) + (x ? 10 : 20); print(z + "\n")
