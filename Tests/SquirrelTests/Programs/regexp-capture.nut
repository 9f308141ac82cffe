local r = regexp("(\\w+)@(\\w+)\\.com")
local s = "mail bob@example.com now"
foreach (m in r.capture(s)) print(s.slice(m.begin, m.end) + "|")
print("\n" + r.subexpcount() + " " + r.capture("none") + "\n")
