local t = { a = 1, l = [1] }.setdelegate({ d = "del" }); local c = clone t; c.a = 2; c.l.append(2)
print(t.a + " " + c.a + " " + t.l.len() + " " + c.d + "\n")
try { clone 5 } catch (e) { print(e + "\n") } try { clone "s" } catch (e) { print(e + "\n") }
