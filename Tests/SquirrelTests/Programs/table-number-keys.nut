local t = {}; t[1] <- "int"; t[1.0] <- "float"; t["1"] <- "string"; t[true] <- "bool"
print(t[1] + t[1.0] + t["1"] + t[true] + t.len() + "\n")
