# The CNI plugin with real cards and without settings: devices named as for host-device, killed half way, lost with its state.
. "$SCENARIO/lib.sh"
plug a 02:00:5e:10:00:01 model=vmxnet3 addr=8
plug b 02:00:5e:10:00:02 addr=9
ip netns add web-0
ip netns add web-1
ip link set dev eth0 mtu 1450 alias uplink
step before links

# call VERB CONTAINER NETNS KEYS: what a runtime does.
call() {
  printf '{"cniVersion":"1.1.0","name":"eninet","type":"enim"%s}' "$4" |
    CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=$3 CNI_IFNAME=eth0 CNI_PATH= enim
}

step add-pci call ADD a /run/netns/web-0 ',"pciBusID":"00:08.0"'
step add-path call ADD b /run/netns/web-1 ',"kernelpath":"/sys/devices/pci0000:00/0000:00:09.0"'
ip -n web-0 link set dev eth0 down
ip -n web-0 link set dev eth0 mtu 1300 address 02:00:5e:99:00:01 name net7
step del-pci call DEL a /run/netns/web-0 ',"pciBusID":"00:08.0"'
step del-path call DEL b '' ''
step after links

step add-id call ADD a /run/netns/web-0 ',"runtimeConfig":{"deviceID":"0000:00:08.0"}'
rm -rf /var/lib/enim
step del-lost call DEL a /run/netns/web-0 ',"runtimeConfig":{"deviceID":"0000:00:08.0"}'
step after-lost links

step add-again call ADD a /run/netns/web-0 ',"device":"eth0"'
ip netns del web-0
until_true is_home 02:00:5e:10:00:01
step del-dead call DEL a /run/netns/web-0 ',"device":"eth0"'
step after-dead links

# What the host-device plugin does, in whose place enim comes afterwards.
inherit() {
  printf '{"cniVersion":"1.0.0","name":"eninet","type":"host-device"%s}' "$3" |
    CNI_COMMAND=ADD CNI_CONTAINERID=$1 CNI_NETNS=$2 CNI_IFNAME=eth0 CNI_PATH=/none host-device
}
ip netns add web-2
ip netns add web-3
step before-inherited links
step inherit-pci inherit c /run/netns/web-2 ',"pciBusID":"0000:00:08.0"'
step inherit-mac inherit d /run/netns/web-3 ',"hwaddr":"02:00:5e:10:00:02"'
step del-other call DEL c /run/netns/web-2 ',"pciBusID":"0000:00:09.0"'
step inherited links
step del-inherited-pci call DEL c /run/netns/web-2 ',"pciBusID":"00:08.0"'
step del-inherited-mac call DEL d /run/netns/web-3 ',"hwaddr":"02:00:5e:10:00:02"'
step after-inherited links
