#!/bin/bash
# Process 1 of a machine: sets up its network and kernel settings, runs containerd and, once kubeadm has installed it, the
# kubelet's service; reaps orphans; on SIGTERM ends everything in order. The machine is down when this ends.
set -u
log() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }

stopping=
shut_down() {
  stopping=1
  log "Shutting down"
  if [ -x /etc/init.d/kubelet ]; then /etc/init.d/kubelet shutdown || /etc/init.d/kubelet stop; fi
  # Everything in the machine gets a chance to end; the kernel ends the rest together with this process.
  kill -TERM -1
  for ((i = 0; i < 200; i++)); do
    set -- /proc/[0-9]*
    [ $# -le 1 ] && break
    sleep 0.05
  done
  log "Down"
  exit 0
}
trap shut_down TERM INT

mount --make-rshared /
mkdir -p /dev/shm /run/lock
mount -t bpf bpf /sys/fs/bpf 2>/dev/null || log "Cannot mount /sys/fs/bpf"

# With cgroup v2, controllers can be handed down only from a group without processes.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null; done </sys/fs/cgroup/cgroup.procs
  sed 's/\(^\| \)/ +/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
fi

ip -batch - <<END
link set lo up
addr add $MACHINE_ADDRESS/24 dev eth0
addr add $MACHINE_ADDRESS6/64 dev eth0 nodad
link set eth0 up
route add default via $MACHINE_GATEWAY
route add default via $MACHINE_GATEWAY6
END
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
for setting in iptables ip6tables; do
  [ -e /proc/sys/net/bridge/bridge-nf-call-$setting ] && echo 1 >/proc/sys/net/bridge/bridge-nf-call-$setting
done

# Where systemd is to be the first process, containerd and the kubelet are its units.
if [ -e /etc/systemd/system/machine.target ]; then
  log "Handing over to systemd"
  exec /lib/systemd/systemd --unit=machine.target
fi

keep_containerd_running() {
  trap - TERM INT
  while :; do
    containerd-leftovers note
    containerd >>/var/log/containerd.log 2>&1 &
    containerd-leftovers remove >>/var/log/containerd.log 2>&1
    wait $!
    log "containerd ended with $?; starting it again"
    sleep 1
  done
}
keep_containerd_running &

if [ -x /etc/init.d/kubelet ]; then
  until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
  /etc/init.d/kubelet start
fi

log "Up"
while [ -z "$stopping" ]; do
  wait -n || [ -n "$(jobs -p)" ] || sleep 1
done
