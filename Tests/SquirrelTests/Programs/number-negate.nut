local x = 5; print(-x + " " + -(-x) + " " + - 3 + "\n")
local f = 2.5; print(-f + "\n")
try { print(-"a") } catch (e) { print(e + "\n") }
try { print(-null) } catch (e) { print(e + "\n") }
print(-0x80000000 + "\n")
