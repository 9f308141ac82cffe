local a = [1]; a.resize(3); print(a.len() + " " + a[2] + "\n"); a.resize(5, "f"); print(a[4] + " " + a[2] + "\n"); a.resize(1); print(a.len() + "\n")
local b = array(3), c = array(2, 0); print(b.len() + " " + b[0] + " " + c[1] + "\n")
print(array(2.9).len() + "\n")
