local compose = @(f, g) @(x) f(g(x)); print(compose(@(x) x + 1, @(x) x * 10)(5) + "\n")
local fs = {}; foreach (n in [1, 2, 3]) { local k = n; fs[n] <- @() k }; print(fs[1]() + fs[2]() + fs[3]() + "\n")
print((@() null)() + "\n")
