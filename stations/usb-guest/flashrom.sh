# In the guest: flashrom, which knows nothing of us, against the virtual adapter and its chip.
set -eu
cd /run
programmer="-p ft2232_spi:type=2232H,port=A -c W25Q32.V"
tries=0
until grep -qs 6010 /sys/bus/usb/devices/*/idProduct; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { echo "no adapter"; exit 1; }
    sleep 0.1
done
flashrom $programmer | grep -i "found winbond"
flashrom $programmer -r before.bin | tail -n 1
dd if=/dev/urandom of=noise.bin bs=65536 count=1 2>/dev/null
cp before.bin after.bin
dd if=noise.bin of=after.bin bs=65536 seek=9 conv=notrunc 2>/dev/null
flashrom $programmer -w after.bin | tail -n 1
flashrom $programmer -v after.bin | tail -n 1
flashrom $programmer -r again.bin | tail -n 1
cmp after.bin again.bin
if command -v lsusb >/dev/null; then lsusb -v -d 0403:6010 2>/dev/null | grep -E "iProduct|iSerial|bcdDevice|wMaxPacketSize"; fi
