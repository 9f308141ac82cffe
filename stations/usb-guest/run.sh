#!/bin/sh
# Boots the guest, runs one command in it on the host's files (read-only), and ends as the command ended.
#
#   run.sh [--redir SOCKET]... [--serial SOCKET] [--skip MODULES] [--network] [--seconds N] -- COMMAND
#
#   --redir    a virtual fixture on a Unix socket, plugged in by usb-redir
#   --serial   QEMU's own FT232BM, its line on a Unix socket that somebody listens on
#   --skip     kernel modules that are not loaded, separated by commas (ftdi_sio,dummy_hcd unless given)
#   --network  the host's loopback can be reached as 10.0.2.2
#   --seconds  the longest that it may take; 120 unless given
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
cache=$("$here/prepare.sh")
devices=
skip=ftdi_sio,dummy_hcd
seconds=120
network=
count=0
while [ $# -gt 0 ]; do
    case $1 in
        --redir)
            count=$((count + 1))
            devices="$devices -chardev socket,id=r$count,path=$2,reconnect=1 -device usb-redir,chardev=r$count,bus=usb.0"
            shift 2 ;;
        --serial)
            devices="$devices -chardev socket,id=s,path=$2 -device usb-serial,chardev=s,always-plugged=on,bus=usb.0"
            shift 2 ;;
        --skip) skip=$2; shift 2 ;;
        --network) network="-netdev user,id=n -device virtio-net-pci,netdev=n,romfile="; shift ;;
        --seconds) seconds=$2; shift 2 ;;
        --) shift; break ;;
        *) echo "run.sh: unknown option $1" >&2; exit 64 ;;
    esac
done
[ $# -eq 1 ] || { echo "run.sh: exactly one command is wanted" >&2; exit 64; }
command=$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')
# /dev/kvm may be there and still not work on a nested host.
accelerator=tcg
if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then accelerator=kvm; fi
[ -n "$network" ] || network="-nic none"
log=$(mktemp)
trap 'rm -f "$log"' EXIT INT TERM
# shellcheck disable=SC2086
timeout "$seconds" qemu-system-x86_64 -accel "$accelerator" -m 512 -nographic -no-reboot -vga none -monitor none \
    -kernel "$cache/vmlinux" -initrd "$cache/initrd" \
    -append "console=ttyS0 quiet loglevel=3 panic=-1 guest.skip=$skip guest.command=$command" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    -device qemu-xhci,id=usb,p2=15,p3=4 $network $devices </dev/null | tr -d '\r' | tee "$log" | grep -v GUEST-EXIT || true
status=$(sed -n 's/.*GUEST-EXIT:\([0-9]*\).*/\1/p' "$log" | tail -n 1)
if [ -z "$status" ]; then
    echo "run.sh: the guest did not end within $seconds s" >&2
    exit 124
fi
exit "$status"
