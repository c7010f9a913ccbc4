# The machine of before-reboot.sh starts again: the cards are in their slots, and nothing of the pods is left but the state.
. "$SCENARIO/lib.sh"
mount_disk
export ENIM_CONFIG=/disk/enim.json ENIM_STATE_DIR=/disk/state
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=net
udevadm settle
step boot cat /proc/sys/kernel/random/boot_id
step home links
step device readlink "/sys/bus/virtio/devices/$(jq -r '.attachments[].snapshot.busAddress | select(startswith("virtio"))' /disk/state/state.json)/driver"
step list enim list --json
for pod in web-2 web-3 web-4; do ip netns add "$pod"; done

step add-early enim add default/web-3 --netns web-3 --json
step del-late enim del default/web-1 --json
step add-again enim add default/web-2 --container-id web-2 --netns web-2 --json
step gc enim gc --grace 0 --json
step freed links
step add-web-3 enim add default/web-3 --netns web-3 --json
step add-web-4 enim add default/web-4 --netns web-4 --json
step gc-again enim gc --grace 0 --json
step history enim history --json
