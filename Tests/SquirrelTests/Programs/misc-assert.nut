assert(true); assert(1); try { assert(false) } catch (e) { print(e + "\n") } try { assert(null) } catch (e) { print(e + "\n") }
