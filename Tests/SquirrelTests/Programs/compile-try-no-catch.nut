try { }
print(1)
