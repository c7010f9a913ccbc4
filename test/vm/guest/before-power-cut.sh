# The power goes at the very end of a del, when nobody has told the disk to write what it was given.
. "$SCENARIO/lib.sh"
mount_disk
export ENIM_CONFIG=/disk/enim.json ENIM_STATE_DIR=/disk/state
/usr/lib/systemd/systemd-udevd --daemon
plug a 02:00:5e:10:00:01 model=vmxnet3 addr=5
plug b 02:00:5e:10:00:02 model=vmxnet3 addr=6
until_true is_home 02:00:5e:10:00:02 ens6
udevadm settle
step init enim provider init --yes --json
sync
step home links
for pod in web-0 web-1; do
  ip netns add "$pod"
  step "add-$pod" enim add "default/$pod" --container-id "$pod" --netns "$pod" --json
done
step del enim del default/web-0 --json
