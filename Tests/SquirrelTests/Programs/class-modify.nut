class A { x = 1 } A.y <- 2; A.f <- function() { return x + y }; local a = A(); print(a.f() + "\n")
try { A.z <- 3 } catch (e) { print(e + "\n") } A.g <- function() { return "late" }; print(a.g() + "\n")
try { delete A.x } catch (e) { print(e + "\n") } try { delete a.x } catch (e) { print(e + "\n") }
