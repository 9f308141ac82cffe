local t = {}, u = {}
print((t == t) + " " + (t == u) + " " + ("a" + "b" == "ab") + " " + ([] == []) + " " + (1 == "1") + " " + (true == 1) + "\n")
local f = function() {}; print((f == f) + " " + (print == print) + " " + (null == false) + "\n")
print((0 == false) + " " + ("" == null) + "\n")
