local base_ = { x = 1, function hello() { return "hello " + name } }
local t = { name = "bob" }.setdelegate(base_)
print(t.hello() + " " + t.x + " " + ("x" in t) + "\n")
t.x = 5; print(base_.x + " " + t.getdelegate().x + "\n")
t.setdelegate(null); try { t.hello() } catch (e) { print(e + "\n") }
try { base_.setdelegate(base_) } catch (e) { print(e + "\n") }
local a = {}, b = {}; a.setdelegate(b); try { b.setdelegate(a) } catch (e) { print(e + "\n") }
try { a.setdelegate(5) } catch (e) { print(e + "\n") }
