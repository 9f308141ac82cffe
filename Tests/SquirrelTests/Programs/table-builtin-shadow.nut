local t = { len = 99 }; print(t.len + "\n"); local u = {}; u.len <- function() { return "mine" }; print(u.len() + "\n")
