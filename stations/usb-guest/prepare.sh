#!/bin/sh
# Fetches a Debian kernel and builds the initial RAM disk that "make usb-test" boots; prints the folder they are in.
#
# Everything goes to ${XDG_CACHE_HOME:-~/.cache}/blessing-station/usb-guest; nothing is installed and nothing compiled.
# Needs: apt (downloads only), dpkg-deb, busybox-static, cpio, xz, kmod. Remove the folder to fetch a newer kernel.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/blessing-station/usb-guest"
mkdir -p "$cache"
exec 8>"$cache/lock"
flock 8

if [ ! -s "$cache/vmlinux" ] || [ ! -d "$cache/root" ]; then
    for program in apt-get dpkg-deb cpio xz depmod busybox; do
        command -v "$program" >/dev/null 2>&1 || [ -x "/sbin/$program" ] || {
            echo "usb-guest: $program is missing; install qemu-system-x86 busybox-static cpio kmod xz-utils." >&2
            exit 1
        }
    done
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT INT TERM
    cd "$work"

    # The cloud kernel has no USB: take what the plain metapackage names.
    kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
    [ -n "$kernel" ] || { echo "usb-guest: apt knows no linux-image-amd64; run apt-get update." >&2; exit 1; }
    echo "usb-guest: fetching $kernel (about 70 MB, once) ..." >&2
    apt-get download "$kernel" udev >/dev/null 2>&1
    mkdir kernel udev root
    dpkg-deb -x linux-image-*.deb kernel
    dpkg-deb -x udev_*.deb udev

    # The uncompressed kernel boots 4 s sooner under plain emulation: find the xz stream inside the bzImage.
    image=$(ls kernel/boot/vmlinuz-*)
    release=${image##*/vmlinuz-}
    found=
    for offset in $(LC_ALL=C grep -abo "$(printf '\375\067\172\130\132')" "$image" | cut -d: -f1); do
        tail -c +"$((offset + 1))" "$image" | xz -dcq >vmlinux 2>/dev/null || true
        if head -c 4 vmlinux | grep -q ELF; then found=yes; break; fi
    done
    [ -n "$found" ] || cp "$image" vmlinux

    modules="virtio virtio_ring virtio_pci netfs fscache 9pnet 9pnet_virtio 9p usb-common usbcore xhci-hcd xhci-pci
        usbip-core vhci-hcd usbserial ftdi_sio cdc-acm udc-core libcomposite u_serial usb_f_acm dummy_hcd configfs
        failover net_failover virtio_net"
    [ -d kernel/lib/modules ] || ln -s usr/lib kernel/lib
    depmod -b "$work/kernel" "$release"
    for folder in bin proc sys dev host modules udev; do mkdir -p "root/$folder"; done
    cp "$(command -v busybox)" root/bin/busybox
    cp udev/bin/udevadm root/udev/systemd-udevd
    for module in $modules; do
        # In the order of loading: what a module needs comes first.
        /sbin/modprobe -d "$work/kernel" -S "$release" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod //p'
    done | awk '!seen[$1]++ { print $1 }' >order
    : >root/modules/order
    while read -r path; do
        name=$(basename "$path")
        case $path in
            *.xz) name=${name%.xz}; xz -dc "$path" >"root/modules/$name" ;;
            *) cp "$path" "root/modules/$name" ;;
        esac
        echo "$name" >>root/modules/order
    done <order
    rm -rf "$cache/root"
    mv root "$cache/root"
    mv vmlinux "$cache/vmlinux"
    cd "$cache"
fi

if [ ! -s "$cache/initrd" ] || ! cmp -s "$here/init.sh" "$cache/root/init"; then
    cp "$here/init.sh" "$cache/root/init"
    chmod 755 "$cache/root/init"
    (cd "$cache/root" && find . | cpio -o -H newc 2>/dev/null | xz --check=crc32 -1) >"$cache/initrd.new"
    mv "$cache/initrd.new" "$cache/initrd"
fi
echo "$cache"
