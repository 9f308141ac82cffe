// Floating point.
local size = 240
local inside = 0
for (local y = 0; y < size; y++) {
    local ci = 2.0 * y / size - 1.0
    for (local x = 0; x < size; x++) {
        local cr = 2.0 * x / size - 1.5
        local zr = 0.0
        local zi = 0.0
        local n = 0
        while (n < 60 && zr * zr + zi * zi < 4.0) {
            local t = zr * zr - zi * zi + cr
            zi = 2.0 * zr * zi + ci
            zr = t
            n++
        }
        if (n == 60) inside++
    }
}
print(inside + "\n")
