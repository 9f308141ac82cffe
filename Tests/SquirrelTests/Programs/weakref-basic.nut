local o = { n = 1 }, w = o.weakref(); print(typeof w + " " + w.ref().n + "\n"); local t = { w = o.weakref() }; print(typeof t.w + " " + t.w.n + "\n"); o = null; print(w.ref() + "\n"); print(t.w + "\n")
local a = [{}.weakref()]; print(a[0] + "\n"); print((5).weakref() + " " + (null == null) + "\n")
