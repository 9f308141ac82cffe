const A = -"x"
