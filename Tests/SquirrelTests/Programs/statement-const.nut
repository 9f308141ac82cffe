const A = 5; const B = "str"; const C = 2.5; const D = -7
enum Color { Red, Green = 10, Blue, Name = "n", F = 1.5 }
print(A + B + C + D + Color.Red + Color.Green + Color.Blue + Color.Name + Color.F + "\n")
function f() { return A * 2 } print(f() + "\n"); print(("A" in getroottable()) + "\n")
local A2 = A; A2++; print(A2 + "\n")
