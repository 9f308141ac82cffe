enum E { A }
print(E.B)
