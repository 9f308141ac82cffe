print(typeof (1 + 1.0) + " " + typeof (1 + 1) + " " + typeof (2 * 0.5) + "\n")
print(1 + 1.5 + " " + 3 * 1.5 + " " + 3 - 0.5 + "\n")
