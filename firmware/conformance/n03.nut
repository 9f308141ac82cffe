// N3: hardware.spiflash is there when the program starts.
local present = "spiflash" in hardware;
server.log("present=" + (present ? 1 : 0));
if (present) {
    local flash = hardware.spiflash;
    flash.enable();
    flash.erasesector(0x1000);
    local data = blob(4);
    foreach (index, letter in "IMP3") data[index] = letter;
    server.log("failed=" + flash.write(0x1000, data, SPIFLASH_PREVERIFY | SPIFLASH_POSTVERIFY));
    server.log("text=" + flash.read(0x1000, 4).tostring());
}
server.log("done=1");
