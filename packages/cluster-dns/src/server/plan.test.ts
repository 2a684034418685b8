import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CorefileSource } from '../corefile/server-blocks.ts';
import { type DnsPlan, hostsOf, planOf } from './plan.ts';

const files: Readonly<Record<string, string>> = { 'custom/a.server': 'a.example {\n  whole\n  log\n}\n' };
const source: CorefileSource = {
  environment: { UPSTREAM: '10.0.0.1' },
  imported: (pattern) =>
    Object.entries({ ...files, 'snippets.conf': '(quiet) {\n  errors\n}\n', 'b.server': 'b.example {\n  log\n}\n' })
      .filter(([file]) => file === pattern || (pattern === '*.server' && file === 'b.server'))
      .map(([file, text]) => ({ file, text })),
};
const read = (text: string): DnsPlan => planOf(text, { file: 'Corefile', source });

/** kubeadm's Corefile. */
const standard = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . 10.0.0.1 {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;

/** From a guide's code, the block that begins with a line. */
function shown(guide: string, begin: string): string {
  const from = guide.indexOf(`\n    ${begin} {\n`) + 1;
  assert.ok(from > 0, `the guide shows no ${begin}`);
  return guide.slice(from, guide.indexOf('\n    }\n', from) + 7).replace(/^ {4}/gm, '');
}

test("accepts the guide's additions to kubeadm's Corefile, and rejects its wrong examples in these words", () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../../docs/guides/the-clusters-dns.md'), 'utf8');
  const hosts = shown(guide, 'hosts').replace(/^/gm, '    ').trimEnd();
  const text = standard
    .replace('    errors\n', '    errors\n    log\n')
    .replace('    prometheus', `${hosts}\n    prometheus`);
  const { blocks } = read(text + shown(guide, 'office.example:53'));
  assert.deepEqual(
    blocks.map(({ serves, plugins }) => [
      serves[0]?.zone,
      plugins.forward?.[0]?.to[0]?.host,
      plugins.hosts !== undefined,
    ]),
    [
      ['.', '10.0.0.1', true],
      ['office.example', '10.244.1.119', false],
    ],
  );
  assert.throws(
    () => planOf(text.replace('hosts {', 'host {'), { file: '/etc/coredns/Corefile', source }),
    ({ message }: Error) => guide.includes(`reload failed: ${message}\n`),
  );
});

test("kubeadm's Corefile is read", () => {
  const { blocks } = read(standard);
  const [block] = blocks;
  assert.equal(blocks.length, 1);
  assert.deepEqual(block?.serves, [{ zone: '.', port: 53 }]);
  const { kubernetes, forward, cache, health, prometheus, ready, reload } = block?.plugins ?? {};
  assert.deepEqual(
    [kubernetes?.zones, kubernetes?.pods, kubernetes?.ttl, kubernetes?.fallthrough],
    [['cluster.local', 'in-addr.arpa', 'ip6.arpa'], 'insecure', 30, ['in-addr.arpa', 'ip6.arpa']],
  );
  assert.deepEqual([forward?.[0]?.to, forward?.[0]?.maxConcurrent], [[{ host: '10.0.0.1', port: 53 }], 1000]);
  assert.deepEqual([cache?.success.longestSeconds, cache?.disabled.success], [30, ['cluster.local']]);
  assert.deepEqual([health?.port, health?.lameduckMs, ready?.port], [8080, 5000, 8181]);
  assert.deepEqual(
    [prometheus, reload],
    [
      { host: '', port: 9153 },
      { intervalMs: 30_000, jitterMs: 15_000 },
    ],
  );
});

test('stub domains of the pages of Kubernetes, snippets, imports, comments, quotes, variables', () => {
  const { blocks } = read(`
import snippets.conf
(cached) {
  cache 30 # seconds
  import quiet
}
consul.local:53 {
  import cached
  forward . 10.150.0.1
}
dns://one.example, two.example:1053
{
  log . "{remote} says \\"{name}\\""
  forward . {$UPSTREAM}:5353 [fd00::1]:54 tls://9.9.9.9 tls://1.1.1.1%one.example:8853
}
10.0.0.0/9 {
  errors
}
import *.server
`);
  assert.deepEqual(
    blocks.map(({ serves, plugins }) => [
      ...serves.slice(0, 2).map(({ zone, port }) => `${zone}:${port}`),
      ...Object.keys(plugins),
    ]),
    [
      ['consul.local:53', 'errors', 'cache', 'forward'],
      ['one.example:53', 'two.example:1053', 'log', 'forward'],
      ['0.10.in-addr.arpa:53', '1.10.in-addr.arpa:53', 'errors'],
      ['b.example:53', 'log'],
    ],
  );
  assert.equal(blocks[2]?.serves.length, 128);
  assert.equal(blocks[1]?.plugins.log?.[0]?.format, '{remote} says "{name}"');
  assert.deepEqual(blocks[1]?.plugins.forward?.[0]?.to, [
    { host: '10.0.0.1', port: 5353 },
    { host: 'fd00::1', port: 54 },
    { host: '9.9.9.9', port: 853, tls: true },
    { host: '1.1.1.1', port: 8853, tls: true, name: 'one.example' },
  ]);
});

test('the only server block needs no braces', () => {
  const { blocks } = read('example.org\nlog\nforward . 10.0.0.1\n');
  assert.deepEqual(Object.keys(blocks[0]?.plugins ?? {}), ['log', 'forward']);
});

const wrong: [text: string, message: string][] = [
  ['.:53 {\n  errors\n  bogus\n}', "Corefile:3 - Error during parsing: Unknown directive 'bogus'"],
  ['.:53 {\n  errors\n', 'Corefile:2 - Error during parsing: Unexpected EOF'],
  ['.:53 {\n  errors\n}\n}', "Corefile:4 - Error during parsing: Unexpected '}' because no matching opening brace"],
  [
    '.:53 {\n  forward .\n}',
    "plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '.'",
  ],
  ['.:53 {\n  forward . nowhere\n}', 'plugin/forward: not an IP address or file: "nowhere"'],
  [
    '.:53 {\n  forward . 10.0.0.1 {\n    colour red\n  }\n}',
    "plugin/forward: Corefile:3 - Error during parsing: unknown property 'colour'",
  ],
  [
    '.:53 {\n  forward . 10.0.0.1 {\n    policy best\n  }\n}',
    "plugin/forward: Corefile:3 - Error during parsing: unknown policy 'best'",
  ],
  ['.:53 {\n  cache 0\n}', 'plugin/cache: cache TTL can not be zero or negative: 0'],
  ['.:53 {\n  cache\n  cache\n}', 'plugin/cache: this plugin can only be used once per Server Block'],
  [
    '.:53 {\n  kubernetes cluster.local {\n    pods all\n  }\n}',
    'plugin/kubernetes: wrong value for pods: all,  must be one of: disabled, verified, insecure',
  ],
  ['.:53 {\n  kubernetes in-addr.arpa\n}', 'plugin/kubernetes: non-reverse zone name must be used'],
  [
    '.:53 {\n  kubernetes cluster.local {\n    ttl 3601\n  }\n}',
    'plugin/kubernetes: Corefile:3 - Error during parsing: ttl must be in range [0, 3600]: 3601',
  ],
  ['.:53 {\n  reload 1s\n}', 'plugin/reload: interval value must be greater or equal to 2s'],
  ['.:53 {\n  health {\n    lameduck 5\n  }\n}', 'plugin/health: time: missing unit in duration "5"'],
  ['.:53 {\n  log\n}\n. {\n  log\n}', 'cannot serve dns://.:53 - it is already defined'],
  ['.:53 {\n  import nothing\n}', 'Corefile:2 - Error during parsing: File to import not found: nothing'],
  [
    '.:53 {\n  rewrite name regex (a) {1}.{2}\n}',
    'plugin/rewrite: the rewrite regex pattern ({1}.{2}) uses more subexpressions than its corresponding matching regex pattern ((a))',
  ],
  ['.:53 {\n  autopath @log\n  log\n}', 'plugin/autopath: log does not implement the AutoPather interface'],
  [
    '.:53 {\n  loadbalance {\n    prefer ten\n  }\n}',
    'plugin/loadbalance: Corefile:3 - Error during parsing: invalid CIDR "ten": invalid CIDR address: ten',
  ],
  [
    '.:53 {\n  etcd example.org\n}',
    "Corefile:2 - Error during parsing: plugin 'etcd' is not part of this cluster DNS; these are: acl, any, autopath, bind, bufsize, cache, cancel, chaos, dns64, errors, file, forward, header, health, hosts, kubernetes, loadbalance, local, log, loop, minimal, nsid, prometheus, ready, reload, rewrite, root, template, timeouts, whoami",
  ],
];
for (const [text, message] of wrong)
  test(message, () => {
    assert.throws(() => read(text), { name: 'CorefileError', message });
  });

test('blocks may serve the same zone on different addresses', () => {
  const { blocks } = read('. {\n  bind 127.0.0.1\n  whoami\n}\n. {\n  bind ::1\n  whoami\n}');
  assert.deepEqual(blocks.map(hostsOf), [['127.0.0.1'], ['::1']]);
  assert.throws(() => read('. {\n  bind ::1\n}\n. {\n  bind ::1\n}'), /cannot serve dns:\/\/.:53/);
});

test('files with a relative path are below the root', () => {
  const { blocks } = read('. {\n  hosts names\n  root /etc/coredns\n}');
  assert.equal(blocks[0]?.plugins.hosts?.file, '/etc/coredns/names');
});

test('rejects a snippet that imports itself', () => {
  assert.throws(
    () => read('(a) {\n  import a\n}\n. {\n  import a\n}'),
    /maximum snippet import depth \(1000\) exceeded/,
  );
});
