local x = 3
switch (x) {
    case 1: print("1"); break
    case 3:
        local q = x.nothing
        break
}
