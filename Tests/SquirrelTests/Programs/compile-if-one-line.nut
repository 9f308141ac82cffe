local a = 1
if (a) { print(1) } print(2)
