print((3 - 0.5) + " " + (0.5 - 3) + " " + (10 / 4.0) + " " + (2.5 * 4) + "\n")
local x = 1; x += 0.5; print(x + "\n"); x *= 2; print(x + "\n"); x -= 1; print(x + "\n"); x /= 4; print(x + "\n")
local f = 7.5; print(f + 1 + "\n"); print((f - 1) + " " + (f * 2) + "\n")
