// N10: the methods that pages of later releases tag with this one.
imp.wakeup(2, function() {
    local methods = {
        uart = [hardware.uartFG, ["flags", "readblob", "readstring", "setrxfifosize", "settxfifosize"]],
        spi = [hardware.spiEBCA, ["disable"]],
        i2c = [hardware.i2cAB, ["disable", "readerror"]],
        flash = [hardware.spiflash, ["enable", "disable", "size", "chipid", "read", "readintoblob", "write", "erasesector"]],
        imp = [imp, ["setcountry", "getcountry", "setnvramimage", "setwificonfiguration", "setenroltokens"]]
    };
    local present = 0;
    local missing = "";
    foreach (list in methods) {
        foreach (name in list[1]) {
            if (name in list[0]) present++;
            else missing += name + " ";
        }
    }
    server.log("present=" + present);
    server.log("missing=" + missing);
});
