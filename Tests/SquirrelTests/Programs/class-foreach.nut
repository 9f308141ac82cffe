class A { alpha = 1; beta = 2; function gamma() {} static delta = 4 } local n = 0; foreach (k, v in A) { print(k + "=" + typeof v + " "); n++ } print(n + "\n")
try { foreach (k, v in A()) print(k) } catch (e) { print(e + "\n") }
