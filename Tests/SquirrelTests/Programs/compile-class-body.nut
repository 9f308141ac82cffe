class A { 5 = 1 }
