local s = "hello"
print(s[0] + " " + s[4] + " " + s[1].tochar() + " " + s.len() + "\n")
try { print(s[5]) } catch (e) { print(e + "\n") }
try { print(s["x"]) } catch (e) { print(e + "\n") }
try { s[0] = 'j' } catch (e) { print(e + "\n") }
foreach (i, c in "abc") print(i + ":" + c + " ")
print("\n")
