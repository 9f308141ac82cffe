zz <- 1; print(zz + "\n"); delete ::zz; try { print(zz) } catch (e) { print(e + "\n") }
