class A {
    function f() {
        return g()
    }
    function g() {
        local x = null
        x.y = 1
    }
}
local a = A()
local b = a.f() + 1
