local n = null
local r = true
    ? n.a
    : 5
