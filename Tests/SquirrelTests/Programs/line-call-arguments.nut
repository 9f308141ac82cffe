function f(a, b, c) { return a }
f(1,
  2,
  null.x)
