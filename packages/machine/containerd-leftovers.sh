#!/bin/bash
# A containerd (1.6) that is killed while it makes a pod's sandbox has made its network before it notes the sandbox anywhere: the namespace, its
# address and the rules of its ports stay, and nothing that containerd tells knows of them. So before each start of containerd what is there is
# noted, while nobody makes any; afterwards what no sandbox names of that is removed.
#   containerd-leftovers note      before containerd is started
#   containerd-leftovers remove    after, once it answers
set -u
noted=/run/containerd-leftovers
namespaces=/run/netns
addresses=/var/lib/cni/networks

note() {
  mkdir -p $noted
  find $namespaces -maxdepth 1 -name 'cni-*-*-*-*-*' -printf '%f\n' >$noted/namespaces 2>/dev/null
  # A file per address, with the id of the sandbox and the name of its link.
  find $addresses -mindepth 2 -maxdepth 2 -name '[0-9a-f]*[.:]*' -type f -printf '%P\n' >$noted/addresses 2>/dev/null
  return 0
}

containers() { ctr --namespace k8s.io containers "$@" 2>/dev/null; }

# Asks the network's plugin to let go of what it gave to the sandbox.
let_go() {
  local network=$1 plugin=$2 id=$3 more=$4
  CNI_COMMAND=DEL CNI_CONTAINERID=$id CNI_NETNS='' CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni \
    /usr/lib/cni/"$plugin" <<<"{\"cniVersion\": \"1.0.0\", \"name\": \"$network\", \"type\": \"$plugin\", $more}"
}

remove() {
  [ -s $noted/namespaces ] || [ -s $noted/addresses ] || return 0
  local known='' named='' namespace='' file='' id='' about=''
  # Whoever does not get an answer does not know what is left over.
  for ((i = 0; i < 200; i++)); do
    known=$(containers list -q) && break
    sleep 0.1
  done || return 1
  [ "$i" -lt 200 ] || return 1
  for id in $(containers list -q 'labels."io.cri-containerd.kind"==sandbox'); do
    if about=$(containers info "$id"); then
      named+=$(grep -o 'netns/cni-[0-9a-f-]*' <<<"$about")$'\n'
    # It may have been removed meanwhile.
    elif containers list -q | grep -qx "$id"; then return 1; fi
  done
  while read -r namespace; do
    grep -qx "netns/$namespace" <<<"$named" && continue
    echo "Removing network namespace $namespace, which no sandbox has"
    ip netns delete "$namespace"
  done <$noted/namespaces
  while read -r file; do
    id=$(head -n 1 "$addresses/$file" 2>/dev/null | tr -d '\r\n')
    if [ -z "$id" ] || grep -qx "$id" <<<"$known"; then continue; fi
    echo "Giving back address $file of sandbox $id, which is not there"
    let_go "${file%%/*}" portmap "$id" '"runtimeConfig": {"portMappings": [{"hostPort": 1, "containerPort": 1, "protocol": "tcp"}]}'
    let_go "${file%%/*}" host-local "$id" '"ipam": {"type": "host-local", "ranges": [[{"subnet": "10.0.0.0/8"}]]}'
  done <$noted/addresses
}

"$@"
