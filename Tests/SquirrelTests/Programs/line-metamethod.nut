class A {
    function _get(k) {
        local q = null
        return q[k]
    }
}
local a = A()
local v = a.foo
