# Twenty pods that get a card each at the same time and die at the same time; in every fourth a process lives on for a while.
. "$SCENARIO/lib.sh"
step init enim provider init --yes --json
# Twenty at once on an emulated processor.
step lock-wait enim config set lockWait 60000 --json
for ((n = 0; n < 20; n++)); do
  echo "link set dev eth$n mtu $((1400 + n)) alias uplink-$n"
done | ip -batch -
for ((n = 0; n < 20; n++)); do echo "netns add web-$n"; done | ip -batch -
step before links

for ((n = 0; n < 20; n++)); do
  step "add-$n" enim add "default/web-$n" --netns "web-$n" --json >"/tmp/add-$n" &
done
wait
cat /tmp/add-*
in_pods() {
  for ((n = 0; n < 20; n++)); do ip -n "web-$n" -o link show dev eth0; done
}
step pods in_pods

alive=()
for ((n = 0; n < 20; n += 4)); do
  ip netns exec "web-$n" bash -c 'touch "/tmp/lives-$0"; exec sleep 600' "$n" &
  alive+=($!)
  until_true test -e "/tmp/lives-$n"
done
for ((n = 0; n < 20; n++)); do echo "netns del web-$n"; done | ip -batch -
step gc enim gc --grace 0 --json
end "${alive[@]}"
step gc-rest enim gc --grace 0 --json
step after links
step history enim history --json
