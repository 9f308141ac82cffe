class A {} A.newmember("x", 5, { at = 1 }); A.rawnewmember("y", 6); A.newmember("s", 7, null, true); local a = A(); print(a.x + a.y + A.s + A.getattributes("x").at + "\n")
try { A.newmember(null, 1) } catch (e) { print(e + "\n") }
