# An add that is killed at every step that changes the card, and what then brings the card home.
. "$SCENARIO/lib.sh"
plug a 02:00:5e:10:00:01 model=vmxnet3
step init enim provider init --yes --json
addresses 10.0.0.1/24
ip link set dev eth0 up mtu 1450 alias uplink
ip netns add web-0
step before links
add=(enim add default/web-0 --netns web-0 --json)
# Only a program can be stopped in the middle: without a compiler it is "ip" that does the work.
killed() {
  local name=$1
  shift
  step "$name" env BUN_JSC_useJIT=0 PATH="$SCENARIO/killer:$PATH" "$@" "${add[@]}"
}

killed unmoved KILL_ON='name eth0' KILL=instead
step gc-unmoved enim gc --grace 0 --json
step home-unmoved links

killed moving KILL_ON='name eth0' KILL=first
step del-moving enim del default/web-0 --json
step home-moving links

killed moved KILL_ON='name eth0' KILL=last
step add-again "${add[@]}"
step pod-again links web-0
step del-again enim del default/web-0 --json
step home-again links

killed configured KILL_ON='10.0.0.1/24' KILL=last
ip netns del web-0
until_true is_home 02:00:5e:10:00:01
step gc-dead enim gc --grace 0 --json
step home-dead links

# Where enim speaks to the kernel itself: before and after the request that moves the card, which follows the one for its label.
ip netns add web-0
mapfile -t moments < <(ENIM_FAILPOINT=trace "${add[@]}" 2>&1 >/dev/null | sed -n 's/^failpoint \([0-9]*\): [a-z]* the kernel$/\1/p')
step del-traced enim del default/web-0 --json
for moment in 2 3; do
  step "own-$moment" env ENIM_FAILPOINT="${moments[moment]}" "${add[@]}"
  step "where-own-$moment" enim where 02:00:5e:10:00:01 --json
  step "del-own-$moment" enim del default/web-0 --json
  step "home-own-$moment" links
done
