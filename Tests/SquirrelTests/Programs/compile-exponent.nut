local a = 1e
