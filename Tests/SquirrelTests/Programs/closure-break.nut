local f = null, g = null, h = null
while (true) { local a = "kept"; f = @() a; { local b = 1; break } }
for (local i = 5; i < 9; i++) { g = @() i; { local c = 2; break } }
foreach (v in [7, 8]) { local d = "each" + v; { local e = 3; if (v == 7) { h = @() d; continue } } }
local z = "other", y = "more", x = "again"
print(f() + " " + g() + " " + h() + "\n")
