# In the guest: attaches virtual fixtures over USB/IP as the usbip tool does, and uses them: an echoing unit, and a slot of the
# emulated line. Usage: usbip.sh PATH-TO-usb-guest PORT PATH-TO-station PORT-OF-LINE STATION-FOLDER
set -eu
program=$1
port=$2
station=$3
line=$4
ip link set eth0 up 2>/dev/null || true
/bin/busybox ip addr add 10.0.2.15/24 dev eth0 2>/dev/null || ip addr add 10.0.2.15/24 dev eth0
/bin/busybox ip link set eth0 up 2>/dev/null || ip link set eth0 up
"$program" attach 10.0.2.2 "$port" 1-1 0
"$program" check list flash console
"$program" attach 10.0.2.2 "$line" 1-1 1
tries=0
until grep -qs FX-0001 /sys/bus/usb/devices/*/serial; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { echo "no slot of the line"; exit 1; }
    sleep 0.1
done
BLESSING_STATION=$5 "$station" usb list
BLESSING_STATION=$5 "$station" usb identify A --times 1
