# In the guest: the kernel's serial driver on our adapter, our driver on QEMU's adapter and on the kernel's own CDC-ACM device.
set -eu
program=$1
cd /run
tries=0
until [ -e /dev/ttyUSB2 ] || [ -e /sys/class/tty/ttyUSB2 ]; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { echo "ftdi_sio made no serial ports"; exit 1; }
    sleep 0.1
done
ls /sys/class/tty | grep ttyUSB | tr '\n' ' '
echo
# The fixture's unit answers only while it has power: hold channel A's power pin up while the kernel has channel B.
"$program" check list
"$program" check tty

"$program" check qemu-serial

mount -t configfs none /sys/kernel/config 2>/dev/null || true
gadget=/sys/kernel/config/usb_gadget/g
mkdir $gadget
cd $gadget
echo 0x1d6b >idVendor
echo 0x0104 >idProduct
mkdir strings/0x409 configs/c.1 functions/acm.0
echo ACM1 >strings/0x409/serialnumber
ln -s functions/acm.0 configs/c.1
ls /sys/class/udc | head -n 1 >UDC
cd /run
tries=0
until [ -e /dev/ttyGS0 ]; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { echo "no gadget"; exit 1; }
    sleep 0.1
done
stty -F /dev/ttyGS0 raw -echo
cat </dev/ttyGS0 >/dev/ttyGS0 &
"$program" check acm
