import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { namespaces, pod, policy } from '../testing/objects.ts';
import { planPolicies } from './plan.ts';
import { noPolicies, policyRuleset, policyTable } from './ruleset.ts';

test('nft accepts the rules in one transaction', () => {
  const both = pod('both', ['10.244.0.20', 'fd00:1::20'], { labels: { app: 'both' } });
  const rules = policyRuleset(
    planPolicies({
      node: 'here',
      ranges: ['10.244.0.0/24', 'fd00:1::/64'],
      namespaces,
      pods: [
        pod('db', '10.244.0.5'),
        pod('web', '10.244.0.6'),
        pod('far', '10.244.1.7', { node: 'there' }),
        both,
        pod('coming', []),
      ],
      policies: [
        policy('all', {
          podSelector: {},
          policyTypes: ['Ingress', 'Egress'],
          ingress: [
            { from: [{ podSelector: {} }], ports: [{ port: 'web' }, { port: 53, protocol: 'UDP' }] },
            { from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }, { ipBlock: { cidr: 'fd00::/8' } }] },
            { ports: [{ port: 1000, endPort: 2000, protocol: 'SCTP' }, { protocol: 'TCP' }] },
          ],
          egress: [{ to: [{ namespaceSelector: {} }] }, { ports: [{ port: 'web' }] }, {}],
        }),
        policy(`${'long-name.'.repeat(24)}end`, {
          podSelector: { matchLabels: { app: 'db' } },
          ingress: [{ from: [{ podSelector: { matchLabels: { app: 'nobody' } } }] }],
        }),
      ],
    }),
  );
  assert.ok(rules.startsWith(noPolicies));
  for (const line of [
    'ip saddr @set-0 ip daddr . tcp dport @set-4 return comment "default/all"',
    'meta nfproto ipv4 ip saddr != { 10.0.0.0/8 } return comment "default/all"',
    'ip6 saddr fd00::/8 return comment "default/all"',
    'sctp dport 1000-2000 return comment "default/all"',
    'meta l4proto tcp return comment "default/all"',
    'ip saddr 10.244.0.0/24 ip saddr != @set-6 drop',
    'ip6 daddr fd00:1::/64 ip6 daddr != @set-1 drop',
    'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept',
    'ip daddr vmap @ingress-4',
    'ip6 saddr vmap @egress-6',
  ])
    assert.ok(rules.includes(`    ${line}\n`), `${line}\n${rules}`);
  const nft = (text: string): string =>
    execFileSync('unshare', ['--net', 'sh', '-c', `nft -f - && nft list ruleset`], { input: text, encoding: 'utf8' });
  assert.match(nft(rules), new RegExp(`^table inet ${policyTable} \\{`));
  assert.equal(nft(rules + noPolicies), '');
});

test('an isolated pod can still resolve its neighbours on the bridge, in both families', () => {
  const addresses = (n: number) => [`10.244.0.${n}`, `fd00:1::${n}`];
  const closed = pod('closed', addresses(2));
  const rules = policyRuleset(
    planPolicies({
      node: 'here',
      ranges: ['10.244.0.0/24', 'fd00:1::/64'],
      namespaces,
      pods: [closed, pod('open', addresses(3))],
      policies: [policy('deny', { podSelector: { matchLabels: { app: 'closed' } } })],
    }),
  );
  // Two pods on a bridge connect to each other where nobody listens: a refusal is an answer.
  const script = `
    set -e
    ip link add cni0 type bridge && ip link set cni0 up
    for tables in iptables ip6tables; do echo 1 > /proc/sys/net/bridge/bridge-nf-call-$tables; done
    for n in 2 3; do
      unshare --net sleep 60 & pid=$!
      while [ "$(readlink /proc/$pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
      eval "pod$n=$pid"
      ip link add p$n type veth peer name eth0 netns $pid
      ip link set p$n master cni0 && ip link set p$n up
      in="nsenter --net --target $pid"
      $in ip addr add 10.244.0.$n/24 dev eth0 && $in ip addr add fd00:1::$n/64 dev eth0 nodad
      $in ip link set eth0 up
    done
    nft -f -
    asked() { nsenter --net --target $1 timeout 2 bash -c "</dev/tcp/$2/80" 2>/dev/null; [ $? = 124 ] && echo silence || echo answer; }
    set +e
    asked $pod2 10.244.0.3; asked $pod2 fd00:1::3; asked $pod3 10.244.0.2; asked $pod3 fd00:1::2`;
  const said = execFileSync(
    'unshare',
    ['--net', '--pid', '--fork', '--mount-proc', '--kill-child', 'bash', '-c', script],
    {
      input: rules,
      encoding: 'utf8',
    },
  );
  assert.deepEqual(said.trim().split('\n'), ['answer', 'answer', 'silence', 'silence']);
});
