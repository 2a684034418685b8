#!/bin/sh
# Prepares a bare Debian 12 (root, Node 20 or newer, npm) for `npm start` and `npm test`: installs Debian packages,
# then npm packages. Says what it does; when everything is there, it does nothing and takes a fraction of a second.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Required programs, each with the Debian package that provides it. Existing programs of other origin (say, Docker's
# containerd) are left alone.
requirements='
/usr/bin/containerd       containerd                     the container runtime of every machine
/usr/sbin/runc            runc                           starts machines and containers
/usr/bin/crun             crun                           starts containers, faster than runc
/usr/lib/cni/bridge       containernetworking-plugins    connects pods to their network
/usr/sbin/iptables        iptables                       services
/usr/sbin/nft             nftables                       services
/usr/sbin/conntrack       conntrack                      services
/usr/sbin/ipset           ipset                          services
/usr/sbin/ip              iproute2                       networks of machines
/usr/bin/etcd             etcd-server                    storage for several control planes
/usr/bin/docker-registry  docker-registry                serves images inside the fabric
/usr/bin/skopeo           skopeo                         a second opinion on our images, in tests
/usr/share/doc/busybox-static  busybox-static            the busybox image
/usr/bin/gcc              gcc                            builds the pause program
/usr/include/stdio.h      libc6-dev                      builds the pause program
/usr/bin/unzip            unzip                          unpacks the real kubectl, in tests
/usr/bin/nsenter          util-linux                     enters the namespaces of machines
/usr/bin/mount            mount                          root filesystems of machines
/lib/systemd/systemd      systemd                        the first process of machines that are to have it
/usr/bin/dbus-daemon      dbus                           the way to that systemd
/usr/share/doc/kmod       kmod                           loads the modules that the networks need
/etc/ssl/certs/ca-certificates.crt  ca-certificates      certificate authorities
'

missing=$(printf '%s' "$requirements" | while read -r path package _; do
  [ -z "$path" ] || [ -e "$path" ] || [ -e "/usr/local/bin/${path##*/}" ] || printf '%s ' "$package"
done)

if [ -n "$missing" ]; then
  [ "$(id -u)" = 0 ] || fail "run as root: machines are made of namespaces, and these packages are missing: $missing"
  command -v apt-get >/dev/null || fail "this is not Debian; install the equivalents of these packages yourself: $missing"

  # Packages must not start daemons: machines start their own.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  say "Updating the list of Debian packages"
  apt-get -q update || fail "Cannot update the list of Debian packages"
  say "Installing $missing"
  # shellcheck disable=SC2086 # a list of names
  apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install $missing || fail "Cannot install the Debian packages"
  ldconfig
fi

node=node_modules/.bin/node
if [ ! -x "$node" ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  command -v npm >/dev/null || fail "npm is missing: install Node 20 or newer with npm"
  say "Installing the npm packages of package-lock.json"
  npm ci --no-audit --no-fund || fail "Cannot install the npm packages"
  touch node_modules/.package-lock.json
fi

# Kernel modules that may not be loaded yet; if they are built in or there is no modprobe, there is nothing to do.
if [ "$(id -u)" = 0 ] && [ -d "/lib/modules/$(uname -r)" ] && command -v modprobe >/dev/null; then
  for module in overlay br_netfilter vxlan; do
    [ -e "/sys/module/$module" ] || modprobe "$module" || say "The kernel has no module $module; going on without"
  done
fi
