print(("abc" < "abd") + " " + ("abc" <=> "abc") + " " + ("b" > "a") + " " + ("a" < "aa") + " " + ("Z" < "a") + "\n")
local a = ["pear", "apple", "fig", "banana"]; a.sort(); foreach (x in a) print(x + " "); print("\n")
