class A { function _tostring() { return "an A" } function _typeof() { return "kind-a" } } print(A() + " " + typeof A() + " " + type(A()) + " " + A().tostring() + "\n"); print("x" + A() + "\n")
local t = {}.setdelegate({ function _tostring() { return "tab" } function _typeof() { return "tt" } }); print(t + " " + typeof t + "\n")
