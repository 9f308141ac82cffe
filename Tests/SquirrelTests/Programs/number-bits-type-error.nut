try { print(1.5 & 1) } catch (e) { print(e + "\n") }
try { print("a" | 1) } catch (e) { print(e + "\n") }
try { print(~1.5) } catch (e) { print(e + "\n") }
try { print(1 << null) } catch (e) { print(e + "\n") }
local x = "s"; try { print(x & 3) } catch (e) { print(e + "\n") }
try { print(x >> 3) } catch (e) { print(e + "\n") }
