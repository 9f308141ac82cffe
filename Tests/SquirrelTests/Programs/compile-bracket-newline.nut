local a = [1]
(1)
[0]
