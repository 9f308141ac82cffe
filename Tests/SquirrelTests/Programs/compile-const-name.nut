const 5 = 1
