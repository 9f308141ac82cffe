do { } print(1)
