local s = "ab\0cd"
print(s.len() + " " + s[2] + " " + s.slice(3) + " " + (s == "ab") + "\n")
local t = { ["a\0b"] = 1 }; print(("a\0b" in t) + " " + ("a" in t) + "\n")
