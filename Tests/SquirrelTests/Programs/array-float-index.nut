local a = ["x", "y", "z"]; print(a[1.9] + a[0.5] + "\n"); a[2.2] = "w"; print(a[2] + "\n")
