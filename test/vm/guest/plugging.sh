# Cards that are plugged, and named by udev, while adds are at work.
. "$SCENARIO/lib.sh"
/usr/lib/systemd/systemd-udevd --daemon
jq -n '{static: {enis: [["a", 1], ["b", 2], ["c", 3], ["d", 4]] | map({id: .[0], mac: "02:00:5e:10:00:0\(.[1])"})}}' >"$ENIM_CONFIG"
for pod in web-0 web-1 web-2 web-3; do ip netns add "$pod"; done

step add-absent enim add default/web-1 --netns web-1 --eni b --json

# The first add sees card a under the kernel's name. Before it acts udev renames that card, and another is plugged, which gets the name.
udevadm control --stop-exec-queue
plug a 02:00:5e:10:00:01 model=vmxnet3 addr=8
cat >/tmp/name-and-plug <<'END'
. "$SCENARIO/lib.sh"
udevadm control --start-exec-queue
until_true is_home 02:00:5e:10:00:01 ens8
udevadm settle
udevadm control --stop-exec-queue
plug b 02:00:5e:10:00:02 model=vmxnet3 addr=9
until_true is_home 02:00:5e:10:00:02 eth0
END
# Only a program can be stopped in the middle, so it is "ip" that does the work: without a compiler there is no other way.
step add-named env BUN_JSC_useJIT=0 ON=alias MEANWHILE=/tmp/name-and-plug PATH="$SCENARIO/meanwhile:$PATH" \
  enim add default/web-0 --netns web-0 --eni a --json
step rival links
udevadm control --start-exec-queue

# Two more are plugged while adds ask for whatever there is.
{
  hostctl plug c mac=02:00:5e:10:00:03 model=vmxnet3 addr=10
  hostctl plug d mac=02:00:5e:10:00:04 addr=11
} >/dev/null &
plugging=$!
add_in_time() { until_true enim add "default/$1" --netns "$1" --json; }
for pod in web-1 web-2 web-3; do add_in_time "$pod" & adds+=($!); done
wait "$plugging" "${adds[@]}"
for pod in web-0 web-1 web-2 web-3; do step "pod-$pod" links "$pod"; done
step list enim list --json
step gc enim gc --grace 0 --json
