local a = 10
local b = 0
local c = a / b
print(c)
