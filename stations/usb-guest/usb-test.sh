#!/bin/sh
# "make usb-test": the station's USB code on a real USB stack, without hardware.
#
# Virtual fixtures run on the host; a Debian kernel in QEMU plugs them in (usb-redir and USB/IP), and there libusb, the
# kernel's own drivers and flashrom use them. Usage: usb-test.sh PATH-TO-usb-guest [PART...]; parts: station flashrom
# drivers usbip. All of them unless named.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
program=$(readlink -f "$1")
shift
[ $# -gt 0 ] || set -- station flashrom drivers usbip
folder=$(mktemp -d)
server=
echoer=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$echoer" ] || kill "$echoer" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT INT TERM
failures=0

# The server lives until its standard input ends, so it can't outlive this script.
mkfifo "$folder/hold"
"$program" serve "$folder" plain second third service flaky deaf <"$folder/hold" >"$folder/server.log" 2>&1 &
server=$!
exec 9>"$folder/hold"
tries=0
until grep -q ready "$folder/server.log" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$folder/server.log" >&2; exit 1; }
    sleep 0.1
done

part() {
    name=$1
    shift
    echo "== $name"
    if "$here/run.sh" "$@"; then echo "== $name: PASS"; else echo "== $name: FAIL ($?)"; failures=$((failures + 1)); fi
}

for part in "$@"; do
    case $part in
        station)
            part "station through libusb (usb-redir)" --redir "$folder/plain" --redir "$folder/second" --redir "$folder/third" \
                --redir "$folder/service" --redir "$folder/flaky" --redir "$folder/deaf" --seconds 300 \
                -- "$program check list eeprom flash console claimed slots flaky deaf" ;;
        flashrom)
            part "flashrom" --redir "$folder/service" --seconds 300 -- "sh $here/flashrom.sh" ;;
        drivers)
            socat_path="$folder/serial"
            "$program" echo "$socat_path" 9>&- &
            echoer=$!
            tries=0
            until [ -S "$socat_path" ]; do
                tries=$((tries + 1))
                [ $tries -lt 100 ] || exit 1
                sleep 0.1
            done
            part "ftdi_sio, QEMU's FT232BM, f_acm" --redir "$folder/plain" --serial "$socat_path" --skip none --seconds 300 \
                -- "sh $here/drivers.sh $program" ;;
        usbip)
            part "USB/IP" --network --seconds 300 -- "sh $here/usbip.sh $program $(cat "$folder/usbip-port")" ;;
        *) echo "usb-test.sh: there is no part $part" >&2; exit 64 ;;
    esac
done
exec 9>&-
wait "$server" 2>/dev/null || true
server=
tail -n +2 "$folder/server.log"
[ "$failures" -eq 0 ]
