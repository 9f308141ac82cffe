local t = {}; foreach (s in ["\xC3\xA9", "\xFF", "\xFE\x01", "e", "\x80\x81\x82", "z"]) t[s] <- s.len()
foreach (k, v in t) print(k[0] + ":" + v + " "); print("\n")
