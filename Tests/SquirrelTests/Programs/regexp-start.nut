local r = regexp("\\d+"), s = "a1b22c333", at = 0, m
while (m = r.search(s, at)) { print(s.slice(m.begin, m.end) + " "); at = m.end; if (at >= s.len()) break }
print("\n")
