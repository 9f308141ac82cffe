local n = null
local t = {
    a = 1,
    b = n.c
}
