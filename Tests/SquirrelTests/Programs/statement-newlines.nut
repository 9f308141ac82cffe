local a = 1
    + 2
print(a + "\n")
local t = {
    x = 1
    y = 2, z = 3
}
print(t.x + t.y + t.z + "\n")
local r = [
    1,
    2
    3
]
print(r.len() + "\n")
function f(a,
           b) {
    return a
        + b
}
print(f(1,
        2) + "\n")
