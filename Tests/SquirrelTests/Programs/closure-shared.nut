local x = 1; local get = @() x, set = function(v) { x = v }
set(5); print(x + " " + get() + "\n"); x = 9; print(get() + "\n"); local inc = function() { x += 10; x++; ++x; return x-- } print(inc() + " " + x + "\n")
