local t = { a : 1 }
