local f = 16777216.0
print((f + 1.0 == f) + " " + (f + 2.0) + "\n")
print((0.1 + 0.2 == 0.3) + " " + (0.5 + 0.25 == 0.75) + "\n")
local i = 16777217
print(i.tofloat() + " " + i.tofloat().tointeger() + "\n")
print(1 == 1.0); print(" "); print(16777217 == 16777216.0); print("\n")
