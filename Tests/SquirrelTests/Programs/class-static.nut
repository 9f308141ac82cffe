class S { static count = 0; static list = []; static function make() { return S() } n = 1 }
print(S.count + " " + S.make().n + "\n"); S.list.append(5); print(S().list.len() + "\n")
try { S.count = 5 } catch (e) { print("cannot\n") } try { S().count = 5 } catch (e) { print(e + "\n") }
