local list = [1, 2,
    3, 4]
local value = list[0] +
    list[1] +
    list[9]
print(value)
