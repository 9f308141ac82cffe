local f; { local hidden = "block"; f = @() hidden } print(f() + "\n")
local g; if (true) { local h = 5; g = @() h++ } print(g() + g() + "\n")
