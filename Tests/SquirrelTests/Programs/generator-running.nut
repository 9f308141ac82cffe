local x; function g() { try { resume x } catch (e) { yield e } } 
gen <- null
function h() { try { resume gen } catch (e) { yield e } } gen = h(); print((resume gen) + "\n")
