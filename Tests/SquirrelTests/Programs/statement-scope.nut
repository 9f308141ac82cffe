local x = "outer"; { local x = "inner"; print(x + " ") } print(x + "\n")
for (local i = 0; i < 1; i++) { local x = "loop"; print(x + " ") } print(x + "\n"); try { print(i) } catch (e) { print(e + "\n") }
local x = "again"; print(x + "\n")
