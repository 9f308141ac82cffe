local a
a <- 5
