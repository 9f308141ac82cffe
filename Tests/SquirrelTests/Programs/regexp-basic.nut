local r = regexp("a+b"); local m = r.search("xxaaab yy"); print(m.begin + " " + m.end + "\n")
print(r.match("aab") + " " + r.match("aabc") + " " + r.search("zzz") + "\n")
print(regexp("^abc$").match("abc") + " " + regexp("[0-9]+").match("12345") + " " + regexp("[^0-9]+").match("12345") + "\n")
