try { [1, 2].map(@(x) x.foo) } catch (e) { print(e + "\n") }
try { [1].map(5) } catch (e) { print(e + "\n") }
try { [1, 2].reduce(@(a) a) } catch (e) { print(e + "\n") }
try { [1].filter(@(x) x) } catch (e) { print(e + "\n") }
[1, 2].apply(function(x) { throw "in apply" })
