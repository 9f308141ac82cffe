local a = 1
undefinedvariable = 5
print(a)
