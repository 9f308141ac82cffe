function g(f) { foreach (x in [1, 2, 3]) yield f(x) } local k = 10; foreach (v in g(@(x) x * k)) print(v + " "); print("\n")
local t = { n = 5, function gen() { for (local i = 0; i < 2; i++) yield n + i } }; foreach (v in t.gen()) print(v + " "); print("\n")
