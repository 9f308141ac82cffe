function g() { try { yield 1; throw "inside" } catch (e) { yield "caught " + e } yield "after" } foreach (v in g()) print(v + ", "); print("\n")
function h() { yield 1; throw "out" } local x = h(); resume x; try { resume x } catch (e) { print(e + " " + x.getstatus() + "\n") }
