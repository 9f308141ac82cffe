function mk(a, b = 2) { return function() { a += b; return a } } local f = mk(1), g = mk(10, 5); print(f() + f() + " " + g() + g() + "\n")
function va(...) { return @() vargv.len() } print(va(1, 2, 3)() + "\n")
