# The drop-ins of "install --unmanaged" on a node with udev: card a is an ENI, card b is the node's own.
. "$SCENARIO/lib.sh"
echo '{"static":{"enis":[{"id":"a","mac":"02:00:5e:10:00:01"}]}}' >"$ENIM_CONFIG"
step install enim install --unmanaged --bin-dir /tmp/bin --conf-dir /tmp/net.d --json
/usr/lib/systemd/systemd-udevd --daemon
plug a 02:00:5e:10:00:01 model=vmxnet3 addr=8
plug b 02:00:5e:10:00:02 model=vmxnet3 addr=9
until_true is_home 02:00:5e:10:00:01 ens8
until_true is_home 02:00:5e:10:00:02 ens9
udevadm settle
step before links

# Both die away from home under another name; udev looks at both when they return.
for card in ens8 ens9; do
  ip netns add pod
  ip link set "$card" netns pod name "pod-$card"
  ip netns del pod
  until_true ip link show dev "pod-$card"
done
until_true ip link show dev ens9
udevadm settle
step returned links
