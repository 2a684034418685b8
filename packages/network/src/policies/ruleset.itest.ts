import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { namespaces, pod, policy } from '../testing/objects.ts';
import { planPolicies } from './plan.ts';
import { noPolicies, policyRuleset, policyTable } from './ruleset.ts';

test('the rules are told to the kernel in one go, and it understands them', () => {
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
    'ip daddr vmap @ingress-4',
    'ip6 saddr vmap @egress-6',
  ])
    assert.ok(rules.includes(`    ${line}\n`), `${line}\n${rules}`);
  const nft = (text: string): string =>
    execFileSync('unshare', ['--net', 'sh', '-c', `nft -f - && nft list ruleset`], { input: text, encoding: 'utf8' });
  assert.match(nft(rules), new RegExp(`^table inet ${policyTable} \\{`));
  assert.equal(nft(rules + noPolicies), '');
});
