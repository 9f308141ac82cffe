x <- 5; ::y <- 6; print(x + ::y + "\n"); function f() { return ::x + y } print(f() + "\n"); local x = 1; print(x + ::x + "\n")
local t = { x = 100, function f() { return x + ::x } }; print(t.f() + "\n"); try { print(::nosuch) } catch (e) { print(e + "\n") } ::x = 9; print(::x + "\n")
