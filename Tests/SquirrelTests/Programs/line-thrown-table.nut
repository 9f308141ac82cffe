local t = { code = 5 }
throw 12345
