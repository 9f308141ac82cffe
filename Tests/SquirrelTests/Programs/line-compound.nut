local t = { a = 1 }
t.a += 1
t.b += 1
t.a += 1
