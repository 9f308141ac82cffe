function fact(n) { return n < 2 ? 1 : n * fact(n - 1) } print(fact(10) + " " + fact(13) + "\n")
function even(n) { return n == 0 ? true : odd(n - 1) } function odd(n) { return n == 0 ? false : even(n - 1) } print(even(10) + " " + odd(7) + "\n")
function depth(n) { if (n == 0) return 0; local r = depth(n - 1); return r + 1 } print(depth(1000) + "\n")
