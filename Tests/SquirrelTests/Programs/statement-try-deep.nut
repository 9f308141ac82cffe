function a() { throw "deep" } function b() { a() } function c() { try { b() } catch (e) { throw e + "er" } } try { c() } catch (e) { print(e + "\n") }
local depth = 0; function r(n) { if (n == 0) throw "bottom"; try { r(n - 1) } catch (e) { throw e + n } } try { r(5) } catch (e) { print(e + "\n") }
