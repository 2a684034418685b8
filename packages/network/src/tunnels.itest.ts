import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import type { Node } from '@typernetes/api/core/v1';
import type { NetworkSettings } from './settings.ts';
import { makeNode, withSettings } from './testing/nodes.ts';

const a = makeNode('a', ['10.244.0.0/24', 'fd00:10:244::/64'], ['172.30.0.2', 'fd00:30::2']);
const b = makeNode('b', ['10.244.1.0/24', 'fd00:10:244:1::/64'], ['172.30.1.3', 'fd00:30:0:1::3']);

/** A line of a script that runs the agent of a node once in the node's network. */
function agent(self: 'a' | 'b', cluster: readonly Node[], settings: Partial<NetworkSettings> = {}): string {
  const program = JSON.stringify(resolve(import.meta.dirname, 'testing/agent-run.ts'));
  const given = [self, cluster, withSettings(settings)].map((value) => JSON.stringify(value)).join(', ');
  const text = `import { runAgent } from ${program}; await runAgent(${given});`;
  return `on ${self} "${process.execPath}" --input-type=module --eval '${text}'`;
}

/**
 * Runs a script in networks of their own: nodes a and b on two links, a router between them that drops pods' addresses, and a pod at .5 of
 * each node. Resolves to what it printed.
 */
function between(script: string): string[] {
  const topology = `
    set -e
    made() { unshare --net sleep 300 & pid=$!
      while [ "$(readlink /proc/$pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
      eval "ns_$1=$pid"; on $1 ip link set lo up; }
    on() { local in=ns_$1; shift; nsenter --net --target \${!in} "$@"; }
    forwarding='echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
    sh -c "$forwarding"
    node() { made $1; made pod_$1; local in=ns_$1 in_pod=ns_pod_$1
      ip link add to_$1 type veth peer name eth0 netns \${!in}
      ip addr add 172.30.$2.1/24 dev to_$1; ip addr add fd00:30$5::1/64 dev to_$1 nodad; ip link set to_$1 up
      on $1 sh -c "$forwarding"
      on $1 ip -batch - <<END
addr add 172.30.$2.$3/24 dev eth0
addr add fd00:30$5::$3/64 dev eth0 nodad
link set eth0 up
route add default via 172.30.$2.1
route add default via fd00:30$5::1
link add cni0 type bridge
link set cni0 up
addr add 10.244.$2.1/24 dev cni0
addr add fd00:10:244$4::1/64 dev cni0 nodad
link add p type veth peer name eth0 netns \${!in_pod}
link set p master cni0 up
END
      on pod_$1 ip -batch - <<END
addr add 10.244.$2.5/24 dev eth0
addr add fd00:10:244$4::5/64 dev eth0 nodad
link set eth0 up
route add default via 10.244.$2.1
route add default via fd00:10:244$4::1
END
    }
    node a 0 2 "" ""
    node b 1 3 :1 :0:1
    nft -f - <<END
table inet strict { chain forward { type filter hook forward priority 0;
  ip saddr 10.244.0.0/16 drop
  ip6 saddr fd00:10:244::/48 drop
}
}
END
    # The kernel checks its own link-local addresses for a second or two, and asks for no neighbours meanwhile.
    settled() { for at in a b pod_a pod_b; do until [ -z "$(on $at ip -6 address show tentative)" ]; do sleep 0.05; done; done
      until [ -z "$(ip -6 address show tentative)" ]; do sleep 0.05; done; }
    # Nobody listens: a refusal is the pod's answer.
    asked() { local from=$1; shift; settled
      for address in "$@"; do local told=$(on $from timeout 2 bash -c "</dev/tcp/$address/80" 2>&1)
        case $told in *refused*) echo "$from: answer";; *) echo "$from: silence $told";; esac; done; }`;
  const said = execFileSync(
    'unshare',
    ['--net', '--pid', '--fork', '--mount-proc', '--kill-child', 'bash', '-c', `${topology}\n${script}`],
    { encoding: 'utf8' },
  );
  return said
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

const podOfB = '10.244.1.5 fd00:10:244:1::5';
const everybodyAnswered = ['pod_a: answer', 'pod_a: answer', 'a: answer', 'a: answer'];

test('pods and nodes reach pods on another link, and an agent that starts again changes nothing', () => {
  const said = between(`
    # A route of the host that the pods' addresses are in, too.
    on a ip route add 10.0.0.0/8 via 172.30.0.1; on a ip route add fd00:10::/32 via fd00:30::1
    ${agent('a', [a, b])}; ${agent('b', [a, b])}
    asked pod_a ${podOfB}; asked a ${podOfB}
    settled
    on a ip monitor link address route neigh >/tmp/monitor.$$ & monitor=$!
    sleep 0.5
    ${agent('a', [a, b])}
    kill $monitor; echo "changes: $(grep -e -vx -e 'proto 86' /tmp/monitor.$$ || true)"; rm /tmp/monitor.$$`);
  assert.deepEqual(said, [...everybodyAnswered, 'changes:']);
});

test('a node with a new address, one that leaves, and a mode without VXLAN', () => {
  const moved = makeNode('b', ['10.244.1.0/24', 'fd00:10:244:1::/64'], ['172.30.1.4', 'fd00:30:0:1::4']);
  const left = `on a ip -br link show type vxlan; on a ip route show proto 86; on a ip -6 route show proto 86`;
  const said = between(`
    ${agent('a', [a, b])}; ${agent('b', [a, b])}
    on b ip addr del 172.30.1.3/24 dev eth0; on b ip addr add 172.30.1.4/24 dev eth0; on b ip route add default via 172.30.1.1
    on b ip addr del fd00:30:0:1::3/64 dev eth0; on b ip addr add fd00:30:0:1::4/64 dev eth0 nodad
    ${agent('a', [a, moved])}; ${agent('b', [a, moved])}
    asked pod_a ${podOfB}; asked a ${podOfB}
    on a bridge fdb show dev typernetes-vx4 | wc -l
    ${agent('a', [a])}
    ${left}; echo nothing left
    ${agent('a', [a, moved])}; on a ip -br link show type vxlan | wc -l
    ${agent('a', [a, moved], { mode: 'Never' })}
    ${left}; echo nothing left`);
  assert.deepEqual(said, [...everybodyAnswered, '1', 'nothing left', '2', 'nothing left']);
});

test('pods of both families over one family of nodes', () => {
  const only = (node: Node): Node => {
    const addresses = node.status?.addresses?.filter(({ address }) => !address.includes(':')) ?? [];
    return { ...node, status: { addresses } };
  };
  const said = between(`
    ${agent('a', [only(a), only(b)])}; ${agent('b', [only(a), only(b)])}
    asked pod_a ${podOfB}; asked a ${podOfB}
    on a ip -o link show type vxlan | cut -d: -f2`);
  assert.deepEqual(said, [...everybodyAnswered, 'typernetes-vx4']);
});

test('nodes on one link: from direct routes to VXLAN, and back', () => {
  const near = makeNode('b', ['10.244.1.0/24', 'fd00:10:244:1::/64'], ['172.30.0.3', 'fd00:30::3']);
  const routes = `(on a ip route show proto 86; on a ip -6 route show proto 86) | sed 's/.* dev \\([^ ]*\\).*/\\1/'`;
  const said = between(`
    nft delete table inet strict
    ip link add lan type bridge; ip link set lan up; ip link set to_a master lan; ip link set to_b master lan
    on b ip addr add 172.30.0.3/24 dev eth0; on b ip addr add fd00:30::3/64 dev eth0 nodad
    ${agent('a', [a, near])}; ${agent('b', [a, near])}
    ${routes}; asked pod_a ${podOfB}; asked a ${podOfB}
    ${agent('a', [a, near], { mode: 'Always' })}; ${agent('b', [a, near], { mode: 'Always' })}
    ${routes}; asked pod_a ${podOfB}; asked a ${podOfB}
    ${agent('a', [a, near])}; ${agent('b', [a, near])}
    ${routes}; asked pod_a ${podOfB}; on a ip -br link show type vxlan`);
  assert.deepEqual(said, [
    ...['eth0', 'eth0', ...everybodyAnswered],
    ...['typernetes-vx4', 'typernetes-vx6', ...everybodyAnswered],
    ...['eth0', 'eth0', 'pod_a: answer', 'pod_a: answer'],
  ]);
});
