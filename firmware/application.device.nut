// Stands for the product's own firmware: what a blessed unit runs. It knows no link and no factory calls; it prints a line
// on the console now and then.

const BAUD = 921600;
const EVERY = 5;

console <- hardware.uartQRPW;
lines <- 0;

function chatter() {
    lines++;
    console.write("application 1.0 running, line " + lines + "\r\n");
    imp.wakeup(EVERY, chatter);
}

console.configure(BAUD, 8, PARITY_NONE, 1, NO_CTSRTS);
chatter();
