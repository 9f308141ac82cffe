local t = {}
print("before\n")
t.missing.deeper
print("after\n")
