local a = [3, 1, 2]
a.sort(function(x, y) {
    return x.bad <=> y.bad
})
