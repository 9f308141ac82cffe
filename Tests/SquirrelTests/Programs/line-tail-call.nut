function bad(x) {
    return x.y.z
}
function mid(x) {
    return bad(x)
}
function top_(x) {
    local r = mid(x)
    return r
}
top_(1)
