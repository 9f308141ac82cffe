print((3.99).tointeger() + " " + (-3.99).tointeger() + " " + (65).tochar() + " " + true.tointeger() + " " + false.tofloat() + "\n")
print("42".tointeger() + " " + "-17abc".tointeger() + " " + "3.75".tointeger() + " " + "3.75".tofloat() + " " + "1e3".tointeger() + "\n")
try { "abc".tointeger() } catch (e) { print(e + "\n") }
try { "".tofloat() } catch (e) { print(e + "\n") }
print("99999999999".tointeger() + " " + "-99999999999".tointeger() + " " + "  12".tointeger() + "\n")
