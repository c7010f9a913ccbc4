# Pods that die without a word on a node with udev, which gives every card that returns its predictable name as an altname.
. "$SCENARIO/lib.sh"
/usr/lib/systemd/systemd-udevd --daemon
plug a 02:00:5e:10:00:01 model=vmxnet3 addr=8
plug b 02:00:5e:10:00:02 model=vmxnet3 addr=9
until_true is_home 02:00:5e:10:00:01 ens8
until_true is_home 02:00:5e:10:00:02 ens9
ip link set dev ens8 up mtu 1450 alias uplink
step init enim provider init --yes --json
step before links
for pod in web-0 web-1 web-2; do ip netns add "$pod"; done

step add enim add default/web-0 --netns web-0 --json
step add-second enim add default/web-1 --netns web-1 --json
ip netns del web-0
ip netns del web-1
is_named() { ip link show dev "$1"; }
until_true is_named ens8
until_true is_named ens9
step returned links
step list-orphan enim list --json
step gc enim gc --grace 0 --json
step restored links

# Each netns dies at another moment of the del.
for tenths in 2 4 6; do
  ip netns add dying
  step "add-dying-$tenths" enim add default/dying --netns dying --json
  { sleep "0.$tenths"; ip netns del dying; } &
  step "del-dying-$tenths" enim del default/dying --json
  wait $!
done
step home-dying links

# Held where nobody can look, in another mount namespace, a netns has no name and its card is nowhere.
step add-held enim add default/web-2 --netns web-2 --json
touch /tmp/hold; mkfifo /tmp/free
unshare -m --propagation private bash -c 'mount --bind /run/netns/web-2 /tmp/hold && touch /tmp/held && read -r <>/tmp/free' &
until_true test -e /tmp/held
ip netns del web-2
step nowhere links
{ until_true grep -q releasing /var/lib/enim/state.json; sleep 0.7; echo >/tmp/free; } &
step del-nowhere enim del default/web-2 --json
step after links

# The same, and enim cannot see who holds it, for it runs in a PID namespace of its own: its driver is bound anew.
ip netns add web-3
step add-stuck enim add default/web-3 --netns web-3 --json
rm -f /tmp/held; touch /tmp/hold2
unshare -m --propagation private bash -c 'mount --bind /run/netns/web-3 /tmp/hold2 && touch /tmp/held && exec sleep 600' &
until_true test -e /tmp/held
ip netns del web-3
step del-stuck unshare -pf --mount-proc enim del default/web-3 --json
step del-forced unshare -pf --mount-proc enim del default/web-3 --force-rebind --yes --json
step forced links

# While pods have the cards, others take their names at home: one as its name, one as an altname.
for pod in web-4 web-5; do ip netns add "$pod"; done
step add-name enim add default/web-4 --netns web-4 --eni ens8 --json
step add-altname enim add default/web-5 --netns web-5 --eni ens9 --json
ip link add name ens8 type dummy
ip link add name other type dummy
ip link property add dev other altname ens9
ip netns del web-4
ip netns del web-5
until_true is_home 02:00:5e:10:00:01
until_true is_home 02:00:5e:10:00:02
udevadm settle
step gc-taken enim gc --grace 0 --json
step taken links
step list-taken enim list --json
ip link del dev ens8
ip link del dev other
ip netns add web-6
step add-free enim add default/web-6 --netns web-6 --eni ens8 --json
step del-free enim del default/web-6 --json
step free links
