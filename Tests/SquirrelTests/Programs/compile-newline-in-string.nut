print("a
b")
