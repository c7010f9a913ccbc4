# A pod's life with real cards: added, seen, deleted; and a pod that changes what it can while another takes the card's name.
. "$SCENARIO/lib.sh"
plug a 02:00:5e:10:00:01 model=vmxnet3
plug b 02:00:5e:10:00:02 model=vmxnet3
plug c 02:00:5e:10:00:03 model=vmxnet3
plug v 02:00:5e:10:00:04
step init enim provider init --yes --json
addresses 10.0.0.1/24 10.0.0.2/24 10.0.0.3/24 10.0.0.4/24
for pod in web-0 web-1 web-2; do ip netns add "$pod"; done
ip link set dev eth0 up mtu 1450 alias uplink
ip link set dev eth3 mtu 1400
step before links

step add enim add default/web-0 --netns web-0 --json
step add-second enim add default/web-1 --netns web-1 --json
step add-virtio enim add default/web-2 --netns web-2 --eni eth3 --json
step pod links web-0
step route ip -n web-0 -j route show
step ping ip netns exec web-0 ping -q -c 1 -W 5 10.0.0.2
step ping-virtio ip netns exec web-0 ping -q -c 1 -W 5 10.0.0.4
step list-used enim list --json
step del enim del default/web-0 --json

ip -n web-1 link set dev eth0 down
ip -n web-1 link set dev eth0 name net7 address 02:00:5e:99:00:02 mtu 1300 mode dormant gso_max_size 30000
ip -n web-1 link set dev net7 xdpgeneric object /share/drop.o section xdp
ip link add name eth1 type dummy
step del-changed enim del default/web-1 --json
ip link del dev eth1

ip netns del web-2
until_true is_home 02:00:5e:10:00:04
step list-virtio enim list --json
step gc-virtio enim gc --grace 0 --json
step after links

# The kernel brings a card home under the name that another one has there.
for pod in web-3 web-4; do ip netns add "$pod"; done
step add-robbed enim add default/web-3 --netns web-3 --eni eth0 --json
step add-robber enim add default/web-4 --netns web-4 --eni eth2 --json
ip netns del web-4
until_true is_home 02:00:5e:10:00:03 eth0
ip netns del web-3
until_true is_home 02:00:5e:10:00:01
step robbed links
step gc-robbed enim gc --grace 0 --json
step settled links
