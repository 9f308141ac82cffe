local s = "the quick brown fox the"
print(s.find("quick") + " " + s.find("the", 1) + " " + s.find("zzz") + " " + s.find("the") + " " + s.find("x", 18) + "\n")
print(s.find("t", 100) + " " + s.find("") + "\n")
