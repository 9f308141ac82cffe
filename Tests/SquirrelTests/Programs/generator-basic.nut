function g(n) { for (local i = 0; i < n; i++) yield i * i; return "ret" } local x = g(3)
print(resume x); print(resume x); print(resume x); print(" " + x.getstatus() + " "); print(resume x); print(" " + x.getstatus() + "\n"); try { resume x } catch (e) { print(e + "\n") }
try { resume 5 } catch (e) { print(e + "\n") }
