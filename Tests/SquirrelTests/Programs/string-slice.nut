local s = "Hello, World"
print(s.slice(0, 5) + "|" + s.slice(7) + "|" + s.slice(-5) + "|" + s.slice(-5, -1) + "|" + s.slice(3, 3) + "|" + s.slice(0) + "\n")
try { s.slice(5, 2) } catch (e) { print(e + "\n") }
try { s.slice(0, 50) } catch (e) { print(e + "\n") }
