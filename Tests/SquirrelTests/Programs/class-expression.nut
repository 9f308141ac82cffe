local K = class { v = 5; function get() { return v } }; print(K().get() + "\n")
local L = class extends K { function get() { return base.get() + 1 } }; print(L().get() + "\n")
local t = { C = class { n = 3 } }; print(t.C().n + "\n"); class t.D { m = 4 } print(t.D().m + "\n")
