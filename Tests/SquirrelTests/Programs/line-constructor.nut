class T {
    v = null
    constructor(x) {
        v = x
        v.fail()
    }
}
local t = T(5)
