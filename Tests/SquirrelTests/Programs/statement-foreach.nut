foreach (v in [10, 20]) print(v + " "); foreach (i, v in [10, 20]) print(i + ":" + v + " "); foreach (k, v in { only = 1 }) print(k + v + " "); foreach (c in "hi") print(c.tochar() + " "); print("\n")
foreach (v in []) print("never"); foreach (v in {}) print("never"); foreach (v in "") print("never")
try { foreach (v in 5) {} } catch (e) { print(e + "\n") } try { foreach (v in null) {} } catch (e) { print(e + "\n") } try { foreach (v in print) {} } catch (e) { print(e + "\n") }
