# Cards that are pulled out, at home and in a pod; that come back, in their slot or another; and whose slot another card gets.
. "$SCENARIO/lib.sh"
plug a 02:00:5e:10:00:01 model=vmxnet3 addr=8
plug b 02:00:5e:10:00:02 model=vmxnet3 addr=9
step init enim provider init --yes --json
addresses 10.0.0.1/24 10.0.0.2/24
ip netns add web-0

step add enim add default/web-0 --netns web-0 --eni eth0 --json
hostctl unplug a >/dev/null
hostctl unplug b >/dev/null
step list-unplugged enim list --json
step del-unplugged enim del default/web-0 --json
plug a 02:00:5e:10:00:01 model=vmxnet3 addr=8
step list-replugged enim list --json
step add-replugged enim add default/web-0 --netns web-0 --eni eth0 --json
step pod links web-0

hostctl unplug a >/dev/null
plug c 02:00:5e:10:00:03 model=vmxnet3 addr=8
step list-replaced enim list --json
step del-replaced enim del default/web-0 --json
step home links

plug b 02:00:5e:10:00:02 model=vmxnet3 addr=10
step list-moved enim list --json
step add-moved enim add default/web-0 --netns web-0 --eni eth1 --json
step init-moved enim provider init --force --yes --json
step list-known enim list --json
