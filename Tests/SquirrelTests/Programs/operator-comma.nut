local a, b
for (a = 0, b = 10; a < b; a++, b--) ;
print(a + " " + b + "\n")
local c = (1, 2, 3); print(c + "\n")
