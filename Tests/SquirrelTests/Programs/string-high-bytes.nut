local s = "\xE9\xFF"
print(s[0] + " " + s[1] + " " + s.len() + "\n")
foreach (c in s) print(c + " ")
print('\xE9' + "\n")
