#!/bin/sh
# Makes sure that the Debian packages which the build needs are installed: installs them when it may, and
# otherwise says in one line what to type. With the word usb-test, plant or browser: those of "make usb-test", of
# "make plant-test" or of the browser tests instead.
set -eu

wanted="libsqlite3-dev libssl-dev libusb-1.0-0-dev libpq-dev libdeflate-dev wireless-regdb"
if [ "${1:-}" = usb-test ]; then
    wanted="qemu-system-x86 busybox-static cpio kmod xz-utils flashrom usbutils"
fi
if [ "${1:-}" = plant ]; then
    wanted="postgresql"
fi
if [ "${1:-}" = browser ]; then
    wanted="chromium librsvg2-bin fonts-noto-cjk"
fi
missing=""

if ! command -v swift >/dev/null 2>&1; then
    echo "There is no 'swift' on the PATH. Install Swift 6.1 or newer (https://www.swift.org/install/linux/), then try again." >&2
    exit 1
fi
if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "This is not a Debian or Ubuntu system: install the development files of SQLite 3, OpenSSL 3, libusb 1.0, libpq and libdeflate, and wireless-regdb, by hand." >&2
    exit 0
fi
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    become=""
elif sudo -n true 2>/dev/null; then
    become="sudo"
else
    echo "Missing Debian packages:$missing" >&2
    echo "Install them with:  sudo apt-get install$missing" >&2
    exit 1
fi
echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the list is meant to be split
if ! $become apt-get install -y -qq $missing >/dev/null 2>&1; then
    $become apt-get update -qq || true
    if ! $become apt-get install -y -qq $missing >/dev/null; then
        echo "That did not work. Install them with:  sudo apt-get install$missing" >&2
        exit 1
    fi
fi
