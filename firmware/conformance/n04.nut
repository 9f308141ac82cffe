// N4: the first 448 KB of the flash are not there for the program.
imp.wakeup(2, function() {
    local flash = hardware.spiflash;
    flash.enable();
    server.log("size=" + flash.size());
    flash.erasesector(0);
    local data = blob(4);
    foreach (index, letter in "USER") data[index] = letter;
    flash.write(0, data);
    server.log("done=1");
});
