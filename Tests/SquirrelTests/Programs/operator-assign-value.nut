local a, b, c
a = b = c = 7; print(a + b + c + "\n")
local t = {}; t.x <- t.y <- 3; print(t.x + t.y + "\n")
local arr = [0]; print((arr[0] = 9) + " " + arr[0] + "\n")
