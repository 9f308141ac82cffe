try { [1, "a"].sort() } catch (e) { print(e + "\n") }
try { [1, 2, 3].sort(@(a, b) null) } catch (e) { print(e + "\n") }
try { [1, 2, 3].sort(@(a) 1) } catch (e) { print(e + "\n") }
try { [1, 2, 3].sort(function(a, b) { throw 42 }) } catch (e) { print(e + "\n") }
try { [3, 1, 2].sort(@(a, b) -1) } catch (e) { print(e + "\n") }
