function each(x) {
    local y = x
    return y.bad
}
local r = [1, 2].map(each)
print(r)
