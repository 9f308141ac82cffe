#!/bin/busybox sh
# First process of the guest: loads USB, shows the host's files read-only, runs one command, tells how it ended.
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
for word in $($bb cat /proc/cmdline); do
    case $word in
        guest.command=*) command=${word#guest.command=} ;;
        guest.skip=*) skip=${word#guest.skip=} ;;
    esac
done
while read -r module; do
    case ",$skip," in *",${module%.ko},"*) continue ;; esac
    $bb insmod "/modules/$module" 2>/dev/null
done </modules/order
$bb mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host || {
    echo "GUEST-EXIT:125"
    $bb poweroff -f
}
for folder in dev proc sys; do $bb mount --bind /$folder /host/$folder; done
$bb mount -t tmpfs tmpfs /host/run
$bb ip link set lo up 2>/dev/null
$bb cp /udev/systemd-udevd /host/run/systemd-udevd
# No rules are needed: root owns every node.
$bb chroot /host /run/systemd-udevd --daemon 2>/dev/null
export HOME=/run TMPDIR=/run PATH=/usr/sbin:/usr/bin:/sbin:/bin SWIFT_BACKTRACE=interactive=no
# The command comes as hexadecimal, so that the kernel's command line can carry anything.
$bb chroot /host /bin/sh -c "$(echo "$command" | $bb xxd -r -p)"
echo "GUEST-EXIT:$?"
$bb poweroff -f
