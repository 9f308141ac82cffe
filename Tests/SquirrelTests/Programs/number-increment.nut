local i = 5
print(i++ + " " + i + " " + ++i + " " + i-- + " " + --i + "\n")
local t = { n = 1 }
print(t.n++ + " " + t.n + " " + ++t.n + " " + t.n-- + " " + --t.n + "\n")
local a = [1, 2]
a[0]++; ++a[1]; print(a[0] + " " + a[1] + "\n")
local f = 1.5; f++; print(f + " " + f-- + " " + f + "\n")
g <- 7; g++; ++g; print(g + " " + g++ + " " + g + "\n")
