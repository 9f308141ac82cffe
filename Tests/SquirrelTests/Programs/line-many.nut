local x = 1
x = 2
x = 3
local y = { k = 1 }
x = 4
x = 5
y.nosuch = 1
x = 6
x = 7
x = 8
