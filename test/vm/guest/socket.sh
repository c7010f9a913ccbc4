# Pods that die with data under way: their orphaned sockets keep the netns, where nobody can look, and the cards in them.
. "$SCENARIO/lib.sh"
step init enim provider init --yes --json
addresses 10.0.0.1/24 10.0.0.2/24 10.0.0.3/24
ip link set dev eth1 mtu 1450 alias uplink
step before links
for n in 0 1 2; do
  ip netns add "web-$n"
  step "add-$n" enim add "default/web-$n" --netns "web-$n" --eni "eth$n" --json
done
ip netns add web-3

# They stop reading, so that they reset the connections when they are killed at last.
listeners=() senders=()
for n in 1 2; do
  sleep 600 | ip netns exec web-0 nc -l -p "900$n" >/dev/null &
  listeners+=($!)
  ip netns exec "web-$n" bash -c 'until exec 3<>/dev/tcp/10.0.0.1/"$0"; do sleep 0.1; done 2>/dev/null
    touch "/tmp/connected-$0"; while echo data >&3; do sleep 0.1; done' "900$n" &
  senders+=($!)
  until_true test -e "/tmp/connected-900$n"
  kill -STOP "${listeners[-1]}"
done
# peer true|false: whether the peer’s card has a carrier.
peer() { hostctl qmp '{"execute": "set_link", "arguments": {"name": "card8", "up": '"$1"'}}' >/dev/null; }
peer false
sleep 0.5
end "${senders[@]}"
ip netns del web-1
ip netns del web-2

step nowhere links
step list enim list --json
step where enim where eth1 --json
step where-text enim where eth1
step gc enim gc --grace 0 --json
step add-refused enim add default/web-3 --netns web-3 --json
step del-stuck enim del default/web-1 --json
step del-forced enim del default/web-2 --force-rebind --yes --json

step drain enim drain --timeout 0 --grace 0 --json
step uncordon enim uncordon --json

peer true
has_carrier() { ip -n web-0 -o link show dev eth0 | grep -q LOWER_UP; }
until_true has_carrier
kill -KILL "${listeners[@]}"
until_true is_home 02:00:5e:10:00:02
step list-back enim list --json
step gc-back enim gc --grace 0 --json
step after links
step drain-check enim drain --check --json
step add-after enim add default/web-3 --netns web-3 --json
step history enim history --json
