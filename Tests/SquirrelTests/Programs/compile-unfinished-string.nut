local a = "abc
