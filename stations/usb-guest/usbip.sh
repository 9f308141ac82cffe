# In the guest: attaches a virtual fixture over USB/IP as the usbip tool does, and uses it.
set -eu
program=$1
port=$2
ip link set eth0 up 2>/dev/null || true
/bin/busybox ip addr add 10.0.2.15/24 dev eth0 2>/dev/null || ip addr add 10.0.2.15/24 dev eth0
/bin/busybox ip link set eth0 up 2>/dev/null || ip link set eth0 up
"$program" attach 10.0.2.2 "$port" 1-1
"$program" check list flash console
