# In the guest: the station itself on four USB slots. A whole work order; two cables come out on the way, one in the middle of a
# flash write and one in the middle of a conversation, and go in again. Usage: order.sh PATH-TO-station STATION-FOLDER UNITS
set -eu
station=$1
folder=$2
units=$3
export FACTORY_WIFI_PASSWORD=blessed-be-the-line BLESSING_STATION=$folder
database=/run/record/station.db
cd /run
mkdir -p record
tries=0
until [ "$(grep -ls 6010 /sys/bus/usb/devices/*/idProduct | wc -l)" -ge 4 ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "fewer than four adapters"; exit 1; }
    sleep 0.1
done
"$station" usb list
"$station" usb list --json | grep -c '"slot"' | grep -qx 4
"$station" usb identify A --times 2
"$station" usb bind E FX-0002 | grep -q 'name: E, fixture: { kind: usb'
"$station" init --database $database >/dev/null
status=0
"$station" run --database $database --json >run.json || status=$?
cat run.json
[ $status -eq 0 ] || { echo "the run ended with $status"; exit 1; }
passed=$(grep -c '"outcome":"passed"' run.json)
[ "$passed" -eq "$units" ] || { echo "$passed of $units units passed"; exit 1; }
lost() { grep '"event":"unit"' run.json | grep "\"slot\":\"$1\"" | grep '"code":"X03"' | grep -c "\"stage\":\"$2\"" || true; }
echo "slot B lost its adapter in the flash stage $(lost B flash) times, slot C in the test stage $(lost C test) times"
[ "$(lost B flash)" -ge 1 ] && [ "$(lost C test)" -ge 1 ] || { echo "a cable that should have come out did not"; exit 1; }
"$station" audit verify --database $database | tail -n 2
