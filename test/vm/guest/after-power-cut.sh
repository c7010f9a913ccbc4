# The machine of before-power-cut.sh starts again.
. "$SCENARIO/lib.sh"
mount_disk
export ENIM_CONFIG=/disk/enim.json ENIM_STATE_DIR=/disk/state
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=net
udevadm settle
step files ls /disk/state
step list enim list --json
step gc enim gc --grace 0 --json
step freed enim list --json
step home links
for pod in web-2 web-3; do
  ip netns add "$pod"
  step "add-$pod" enim add "default/$pod" --netns "$pod" --json
done
