#!/bin/sh
# "make usb-test": the station's USB code on a real USB stack, without hardware.
#
# Virtual fixtures run on the host; a Debian kernel in QEMU plugs them in (usb-redir and USB/IP), and there libusb, the
# kernel's own drivers and flashrom use them. Usage: usb-test.sh FOLDER-OF-PROGRAMS [PART...]; parts: libusb order flashrom
# drivers usbip. All of them unless named. Ends with 1 when a part failed, else with 75 when one did not end in time. Which
# packages that takes: stations/setup/packages.sh usb-test.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
programs=$(readlink -f "$1")
program=$programs/usb-guest
station=$programs/station
demo=$(readlink -f "$here/../usb-demo")
shift
[ $# -gt 0 ] || set -- libusb order flashrom drivers usbip
folder=$(mktemp -d)
server=
line=
echoer=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$line" ] || kill "$line" 2>/dev/null || true
    [ -z "$echoer" ] || kill "$echoer" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT INT TERM
failures=0
late=0

# The server lives until its standard input ends, so it can't outlive this script.
mkfifo "$folder/hold"
"$program" serve "$folder" plain second third service fifth sixth seventh eighth large flaky deaf <"$folder/hold" >"$folder/server.log" 2>&1 &
server=$!
exec 9>"$folder/hold"
tries=0
until grep -q ready "$folder/server.log" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$folder/server.log" >&2; exit 1; }
    sleep 0.1
done

# Four slots of the emulated line, with what happens to their cables.
serve_line() {
    "$station" emulate usbip --folder "$demo" --port 0 --redir "$folder/line" "$@" 9>&- >"$folder/line.log" 2>&1 &
    line=$!
    tries=0
    until grep -q ^ready "$folder/line.log" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat "$folder/line.log" >&2; exit 1; }
        sleep 0.1
    done
}

end_line() {
    kill -INT "$line" 2>/dev/null || true
    wait "$line" 2>/dev/null || true
    line=
    sed 's/^/  /' "$folder/line.log"
}

part() {
    name=$1
    shift
    echo "== $name"
    status=0
    "$here/run.sh" "$@" || status=$?
    case $status in
        0) echo "== $name: PASS" ;;
        124) echo "== $name: NOT ENDED in time"; late=$((late + 1)) ;;
        *) echo "== $name: FAIL ($status)"; failures=$((failures + 1)) ;;
    esac
}

for part in "$@"; do
    case $part in
        libusb)
            part "station's code through libusb (usb-redir)" --redir "$folder/plain" --redir "$folder/second" \
                --redir "$folder/third" --redir "$folder/service" --redir "$folder/fifth" --redir "$folder/sixth" \
                --redir "$folder/seventh" --redir "$folder/eighth" --redir "$folder/flaky" --redir "$folder/deaf" --seconds 300 \
                -- "$program check list eeprom rename flash console claimed slots together flaky deaf" ;;
        order)
            serve_line --cable B:flash:1500,C:console:60
            part "a work order on four USB slots" --redir "$folder/line/A" --redir "$folder/line/B" --redir "$folder/line/C" \
                --redir "$folder/line/D" --seconds 540 -- "sh $here/order.sh $station $demo 8"
            end_line ;;
        flashrom)
            part "flashrom" --redir "$folder/service" --redir "$folder/large" --seconds 420 \
                -- "sh $here/flashrom.sh $program" ;;
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
            serve_line
            port=$(sed -n 's/^ready on port \([0-9]*\);.*/\1/p' "$folder/line.log")
            part "USB/IP" --network --seconds 300 \
                -- "sh $here/usbip.sh $program $(cat "$folder/usbip-port") $station $port $demo"
            end_line ;;
        *) echo "usb-test.sh: there is no part $part" >&2; exit 64 ;;
    esac
done
exec 9>&-
wait "$server" 2>/dev/null || true
server=
tail -n +2 "$folder/server.log"
[ "$failures" -eq 0 ] || exit 1
# A part that did not end has shown nothing: on a machine that has little time for the guest it may be no fault of ours.
[ "$late" -eq 0 ] || exit 75
