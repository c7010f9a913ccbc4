# What the scenarios share. Each step is printed on standard output, between marks that the test looks for.
export PATH="$SCENARIO:$PATH" ENIM_CONFIG=/tmp/enim.json
# The guest is emulated: compiling hot code costs more there than it saves. (Without any compiler there is no FFI either.)
export BUN_JSC_useBaselineJIT=0

# step NAME COMMAND...: runs the command, and says how it ended and what it printed.
step() {
  local name=$1
  shift
  printf '\n@step %s\n' "$name"
  # Through a pipe of its own: Bun makes it non-blocking, and what is written to one may be lost.
  "$@" </dev/null 2>&1 | cat
  printf '\n@code %d\n' "${PIPESTATUS[0]}"
}

# links [NETNS]: the links there.
links() {
  ip ${1:+-n "$1"} -j -d address show
}

# until_true COMMAND...: waits for it, 20 s at most.
until_true() {
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  echo "Within 20 s this did not come true: $*" >&2
  return 1
}

# is_home MAC [NAME]: whether a card with this MAC is at home.
is_home() {
  ip -o link show ${2:+dev "$2"} | grep -q "link/ether $1 "
}

# plug ID MAC [OPTION...]: plugs a card, and waits until its link is there.
plug() {
  local id=$1 mac=$2
  shift 2
  hostctl plug "$id" mac="$mac" "$@" >/dev/null && until_true is_home "$mac"
}

# addresses ADDRESS...: gives the ENIs of the settings these addresses, in their order.
addresses() {
  jq '.static.enis |= ([., $ARGS.positional] | transpose
      | map(.[0] + (if .[1] then {ipv4: {address: .[1]}} else {} end)))' "$ENIM_CONFIG" --args "$@" >/tmp/settings &&
    cat /tmp/settings >"$ENIM_CONFIG"
}

# end PID...: kills children of this shell, which is not to tell of it in the middle of a step.
end() {
  kill -KILL "$@"
  wait "$@"
} 2>/dev/null

# mount_disk: mounts at /disk the disk that outlives the machine.
mount_disk() {
  local disk
  mkdir -p /disk
  for disk in /sys/block/vd*; do
    [ "$(<"$disk/serial")" != disk ] || mount -t ext4 "/dev/${disk##*/}" /disk
  done
}
