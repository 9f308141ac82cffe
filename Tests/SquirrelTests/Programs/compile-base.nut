local a = 1
local base = 1
