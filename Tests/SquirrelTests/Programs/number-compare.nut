print((1 < 2) + " " + (2 <= 2) + " " + (3 > 4) + " " + (4 >= 4) + " " + (1 <=> 2) + " " + (2 <=> 2) + " " + (3 <=> 2) + "\n")
print((1 < 1.5) + " " + (1.5 <=> 1) + " " + (2.0 == 2) + " " + (2 != 2.5) + "\n")
print((null <=> 1) + " " + (1 <=> null) + " " + (null == null) + " " + (null < 0) + "\n")
try { print(1 < "a") } catch (e) { print(e + "\n") }
try { print({} < 1.5) } catch (e) { print(e + "\n") }
print((true <=> false) + " " + (false < true) + "\n")
