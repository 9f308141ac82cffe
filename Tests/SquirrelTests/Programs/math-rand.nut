local r = math.rand(); print((r >= 0 && r <= math.RAND_MAX) + " " + typeof r + "\n"); math.srand(5)
