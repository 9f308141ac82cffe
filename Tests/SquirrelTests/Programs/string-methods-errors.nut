try { "abc".slice() } catch (e) { print(e + "\n") }
try { "abc".find() } catch (e) { print(e + "\n") }
try { "abc".find(1) } catch (e) { print(e + "\n") }
try { "abc".nosuch() } catch (e) { print(e + "\n") }
try { "abc".slice("x") } catch (e) { print(e + "\n") }
try { strip(5) } catch (e) { print(e + "\n") }
