print("MiXeD 123".toupper() + " " + "MiXeD 123".tolower() + "\n")
