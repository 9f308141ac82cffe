local t = { a = null }
t.a.b = 5
print("x")
