local t = { n = 1, function mk() { local self = this; return function() { return self.n } } } print(t.mk()() + "\n")
