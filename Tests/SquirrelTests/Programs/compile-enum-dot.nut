enum E { A }
local x = E
