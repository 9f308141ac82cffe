function loop(n) { if (n == 0) return "done"; return loop(n - 1) } print(loop(50000) + "\n")
function a(n) { return n > 0 ? b(n - 1) : "end a" } function b(n) { if (n > 0) return a(n - 1); return "end b" } print(a(10001) + "\n")
