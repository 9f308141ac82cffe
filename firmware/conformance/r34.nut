// R34: deepsleepfor and deepsleepuntil take every valid value.
if (!("nv" in getroottable())) nv <- { starts = 0 };
else nv.starts++;
imp.wakeup(0.1, function() {
    try {
        switch (nv.starts) {
            case 0: imp.deepsleepfor(1);
            case 1: imp.deepsleepfor(1.5);
            case 2: imp.deepsleepuntil(0, 5, 0);
        }
    } catch (error) {
        server.log("refused=" + error);
    }
    server.log("wakes=" + nv.starts);
});
