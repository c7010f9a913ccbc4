#!/bin/bash
# Starts systemd as the first process of namespaces of its own: boot.sh DIRECTORY, which is empty. What is on this machine is there, and
# what is written is in DIRECTORY alone, on a tmpfs. It ends with whoever has started it.
set -euo pipefail

# A group of each hierarchy of cgroups, which is its root for those in it.
prepare() {
  local group
  group=$(basename "$base")
  findmnt --noheadings --list --output TARGET --types cgroup,cgroup2 | while read -r hierarchy; do
    mkdir "$hierarchy/$group"
    for file in cpuset.cpus cpuset.mems; do
      [ ! -e "$hierarchy/$file" ] || cat "$hierarchy/$file" >"$hierarchy/$group/$file"
    done
    echo $$ >"$hierarchy/$group/cgroup.procs"
  done
}

# Of the units, those that make a machine ready are left out, and all that this machine is for.
choose_units() {
  local units=etc/systemd/system
  rm -rf "$units"
  mkdir "$units"
  for name in sysctl modules-load tmpfiles-setup tmpfiles-setup-dev udevd udev-trigger remount-fs random-seed; do
    ln -s /dev/null "$units/systemd-$name.service"
  done
  for name in timers paths swap local-fs; do
    printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$name" >"$units/$name.target"
  done
}

# In the namespaces.
boot() {
  mount -t tmpfs -o mode=755 tmpfs "$base"
  mkdir "$base/upper" "$base/work" "$base/root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
  cd "$base/root"
  choose_units
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount --rbind /sys/fs/cgroup sys/fs/cgroup
  for directory in dev run tmp; do mount -t tmpfs -o mode=755 tmpfs "$directory"; done
  mkdir dev/shm dev/pts run/former
  for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  pivot_root . run/former
  umount -l /run/former
  # As on a machine, and not as in most containers: units see what is mounted after their start.
  mount --make-rshared /
  exec /usr/lib/systemd/systemd --system --unit=basic.target --log-target=null --show-status=no
}

base=$1
if [ "${2:-}" = inside ]; then
  boot
else
  prepare
  exec env --ignore-environment "PATH=$PATH" container=enim \
    unshare --mount --pid --fork --kill-child --cgroup --ipc --uts --net --propagation private bash "$0" "$base" inside
fi
