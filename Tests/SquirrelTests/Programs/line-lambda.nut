local f = @(x) x.y
local g = function(a) {
    return f(a)
}
print("go\n")
g(5)
