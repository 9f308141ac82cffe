local f = function(n) { if (n <= 1) return 1; return n * callee()(n - 1) } 
print(f(5) + "\n")
