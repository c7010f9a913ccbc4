# Three pods get a card each; then the power goes.
. "$SCENARIO/lib.sh"
mount_disk
export ENIM_CONFIG=/disk/enim.json ENIM_STATE_DIR=/disk/state
/usr/lib/systemd/systemd-udevd --daemon
plug a 02:00:5e:10:00:01 addr=5
plug b 02:00:5e:10:00:02 model=vmxnet3 addr=6
plug c 02:00:5e:10:00:03 model=vmxnet3 addr=7
until_true is_home 02:00:5e:10:00:03 ens7
udevadm settle
step init enim provider init --yes --json
step boot cat /proc/sys/kernel/random/boot_id
step home links
for pod in web-0 web-1 web-2; do
  ip netns add "$pod"
  step "add-$pod" enim add "default/$pod" --container-id "$pod" --netns "$pod" --json
done
# Only the state has to be on the disk by itself.
sync /disk/state/history.log
