try { throw "a" } catch (e) print(e + "\n")
try { throw { code = 5 } } catch (e) { print(e.code + "\n") } try { throw 42 } catch (e) { print(e + 1 + "\n") } try { throw null } catch (e) { print(e + "\n") }
function f() { try { return "from try" } catch (e) { return "no" } } print(f() + "\n")
function g() { try { throw "x" } catch (e) { return "from catch " + e } } print(g() + "\n")
try { try { throw "inner" } catch (e) { throw "outer:" + e } } catch (e) { print(e + "\n") }
