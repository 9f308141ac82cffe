function f(a, b) { return this.n + a + b } local env = { n = 100 }
print(f.call(env, 1, 2) + " " + f.pcall(env, 3, 4) + " " + f.acall([env, 5, 6]) + " " + f.pacall([env, 7, 8]) + "\n")
try { f.call(env) } catch (e) { print(e + "\n") } try { f.acall([env]) } catch (e) { print(e + "\n") }
try { f.call() } catch (e) { print(e + "\n") }
try { f.pcall({}, 1, 2) } catch (e) { print(e + "\n") }
