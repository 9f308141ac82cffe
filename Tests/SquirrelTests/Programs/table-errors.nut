local t = { a = 1 }
try { t.b } catch (e) { print(e + "\n") }
try { t.b = 1 } catch (e) { print(e + "\n") }
try { t[1] } catch (e) { print(e + "\n") }
try { t[1.5] } catch (e) { print(e + "\n") }
try { t[null] } catch (e) { print(e + "\n") }
try { t[{}] } catch (e) { print(e + "\n") }
try { t[null] <- 1 } catch (e) { print(e + "\n") }
try { delete t.zz } catch (e) { print(e + "\n") }
try { t["a very long name that goes on and on and on and on until the end"] } catch (e) { print(e + "\n") }
try { null.x } catch (e) { print(e + "\n") }
try { (5).x } catch (e) { print(e + "\n") }
try { local n = null; n.x = 1 } catch (e) { print(e + "\n") }
try { local n = 5; n.x <- 1 } catch (e) { print(e + "\n") }
