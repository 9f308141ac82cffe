// N2: pins have letters; I, O and Z are left out.
local others = 0;
foreach (letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
    local name = "pin" + letter.tochar();
    if (!(name in hardware)) {
        others++;
        continue;
    }
    hardware[name].configure(DIGITAL_OUT);
    hardware[name].write(1);
}
server.log("others=" + others);
