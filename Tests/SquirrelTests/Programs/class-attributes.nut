class A </ doc = "class", n = 1 /> { </ unit = "mm" /> len = 5; </ pure = true /> function f() {} plain = 1 }
print(A.getattributes(null).doc + " " + A.getattributes("len").unit + " " + A.getattributes("f").pure + " " + A.getattributes("plain") + "\n")
print(A.setattributes("plain", "new") + " " + A.getattributes("plain") + "\n"); A.setattributes(null, 7); print(A.getattributes(null) + "\n")
try { A.getattributes("none") } catch (e) { print(e + "\n") }
