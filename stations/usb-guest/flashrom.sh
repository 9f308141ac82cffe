# In the guest: flashrom, which knows nothing of us, against the virtual adapter and its chip; with the path of usb-guest, also
# the time of both for the same megabyte.
set -eu
cd /run
programmer="-p ft2232_spi:type=2232H,port=A,serial=SERVICE -c W25Q32.V"
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
if [ $# -gt 0 ]; then
    # The figure: 1 MB of noise onto a blank part of a W25Q128, theirs and ours in one run, both on their own chips of one kind.
    "$1" check megabyte >ours
    cat ours
    dd if=/dev/zero bs=65536 count=256 2>/dev/null | tr '\000' '\377' >whole.bin
    dd if=/dev/urandom of=noise.bin bs=65536 count=16 2>/dev/null
    dd if=noise.bin of=whole.bin bs=65536 seek=128 conv=notrunc 2>/dev/null
    echo "800000:8fffff part" >layout
    date +%s%N >began
    flashrom -p ft2232_spi:type=2232H,port=A,serial=LARGE -c W25Q128.V -l layout -i part -N -w whole.bin | tail -n 1
    date +%s%N >ended
    theirs=$((($(cat ended) - $(cat began)) / 1000000))
    ours=$(sed -n 's/.*ours: \([0-9]*\) ms.*/\1/p' ours)
    echo "  flashrom: $theirs ms, $((theirs * 10 / ours)) tenths of ours"
    [ "$theirs" -ge $((2 * ours)) ] || { echo "less than twice ours"; exit 1; }
fi
