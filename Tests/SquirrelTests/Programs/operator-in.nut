local t = { a = 1, b = null }, a = [1, 2, 3]
print(("a" in t) + " " + ("b" in t) + " " + ("c" in t) + " " + (0 in a) + " " + (3 in a) + " " + (-1 in a) + "\n")
class C { x = 1; function m() {} }
print(("x" in C) + " " + ("m" in C()) + " " + ("y" in C()) + "\n")
print(("a" in t && "z" in t) + " " + !("a" in t) + "\n")
