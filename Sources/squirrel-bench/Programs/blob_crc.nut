// CRC-32 with a table over a blob.
local polynomials = []
for (local n = 0; n < 256; n++) {
    local c = n
    for (local k = 0; k < 8; k++) c = (c & 1) ? (0xEDB88320 ^ (c >>> 1)) : (c >>> 1)
    polynomials.append(c)
}
function crc(data, size) {
    local c = 0xFFFFFFFF
    for (local i = 0; i < size; i++) c = polynomials[(c ^ data[i]) & 0xFF] ^ (c >>> 8)
    return c ^ 0xFFFFFFFF
}
local data = blob(100000)
for (local i = 0; i < 100000; i++) data[i] = (i * 7 + (i >> 3)) & 0xFF
local last = 0
for (local round = 0; round < 20; round++) last = crc(data, 100000)
print(format("%08x\n", last))
