import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiClient } from '@typernetes/client';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const host = new FakeHost({ files: { '/etc/kubernetes/admin.conf': 'apiVersion: v1\nkind: Config\n' } });
const cluster = new FakeCluster();
const token = (...args: string[]): Promise<Ran> => runOn(host, cluster, ['token', ...args]);

test('creates tokens, lists them as text and as objects, and deletes them', async () => {
  const made = await token('create', 'abcdef.0123456789abcdef', '--ttl', '2h', '--description', 'for ann');
  assert.deepEqual([made.code, made.out], [0, 'abcdef.0123456789abcdef\n'], made.err);
  assert.match(
    (await token('create', 'abcdef.fedcba9876543210')).err,
    /^error: a token with id "abcdef" already exists\n/,
  );
  await token('create', 'ghijkl.0123456789abcdef', '--ttl', '0');
  const { out } = await token('list');
  const [heading, first, second] = out.split('\n').map((row) => row.trimEnd().split(/ {2,}/));
  assert.deepEqual(heading, ['TOKEN', 'TTL', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS']);
  const [usages, group] = ['authentication,signing', 'system:bootstrappers:kubeadm:default-node-token'];
  assert.deepEqual(first, ['abcdef.0123456789abcdef', '2h', '2026-01-01T02:00:00Z', usages, 'for ann', group]);
  assert.deepEqual(second, ['ghijkl.0123456789abcdef', '<forever>', '<never>', usages, '<none>', group]);
  const [json = ''] = (await token('list', '-o', 'json')).out.split('\n}\n');
  assert.deepEqual(JSON.parse(`${json}}`), {
    apiVersion: 'output.kubeadm.k8s.io/v1alpha3',
    kind: 'BootstrapToken',
    token: 'abcdef.0123456789abcdef',
    expires: '2026-01-01T02:00:00Z',
    usages: ['authentication', 'signing'],
    description: 'for ann',
    groups: [group],
  });
  assert.equal((await token('delete', 'abcdef')).out, 'bootstrap token "abcdef" deleted\n');
});

test('each token is aligned separately, and Secrets that are not tokens are reported', async () => {
  const cluster = new FakeCluster();
  const run = (...args: string[]): Promise<Ran> => runOn(host, cluster, ['token', ...args]);
  assert.equal((await run('list')).out, '');
  await run('create', 'abcdef.0123456789abcdef', '--ttl', '2h', '--description', 'for ann');
  await run('create', 'ghijkl.0123456789abcdef', '--ttl', '0');
  const secret = (name: string, data: Record<string, string>): void => {
    const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    const object = { metadata: { name, namespace: 'kube-system' }, data: Object.fromEntries(encoded) };
    cluster.objects.set(`/api/v1/namespaces/kube-system/secrets/${name}`, object);
  };
  secret('bootstrap-token-x', { 'token-secret': 'y' });
  secret('bootstrap-token-other', { 'token-id': 'aaaaaa' });
  secret('bootstrap-token-bbbbbb', { 'token-id': 'bbbbbb' });
  secret('bootstrap-token-cccccc', { 'token-id': 'cccccc', 'token-secret': 'short' });
  const { out, err, code } = await run('list');
  assert.equal(code, 0);
  const [usages, group] = ['authentication,signing', 'system:bootstrappers:kubeadm:default-node-token'];
  assert.equal(
    out,
    `TOKEN                     TTL         EXPIRES                USAGES                   DESCRIPTION                                                EXTRA GROUPS
abcdef.0123456789abcdef   2h          2026-01-01T02:00:00Z   ${usages}   for ann                                                    ${group}
ghijkl.0123456789abcdef   <forever>   <never>   ${usages}   <none>                                                     ${group}
`,
  );
  assert.deepEqual(err.trimEnd().split('\n').sort(), [
    'bootstrap Token Secret has no token-id data: bootstrap-token-x',
    'bootstrap Token Secret has no token-secret data: bootstrap-token-bbbbbb',
    "bootstrap Token Secret is invalid and couldn't be parsed: bootstrap-token-cccccc",
    `bootstrap token name is not of the form 'bootstrap-token-(token-id)'. Actual: "bootstrap-token-other". Expected: "bootstrap-token-aaaaaa"`,
  ]);
});

test('creates all tokens of a file; refuses flags beside it', async () => {
  const tokens = ['aaaaaa.0123456789abcdef', 'bbbbbb.0123456789abcdef'].map((each) => `- token: ${each}\n`).join('');
  host.texts.set('/c.yaml', `apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nbootstrapTokens:\n${tokens}`);
  const made = await token('create', '--config=/c.yaml');
  assert.deepEqual([made.code, made.out], [0, 'aaaaaa.0123456789abcdef\n'], made.err);
  const { out } = await token('list', '-o', 'jsonpath={.token} ');
  assert.match(out, /aaaaaa.* bbbbbb/);
  const mixed = await token('create', '--config=/c.yaml', '--ttl=1h');
  assert.match(mixed.err, /^error: can not mix '--config' with arguments \[ttl\]\n/);
});

const mistakes: [args: string[], message: RegExp][] = [
  [['create', 'short'], /^error: the bootstrap token "short" was not of the form/],
  [
    ['create', '--usages', 'all,authentication'],
    /bootstrapTokens\.0\.usages: Invalid value: \["all","authentication"\]: invalid bootstrap token usage string: all/,
  ],
  [['create', '--groups', 'admins'], /bootstrapTokens\.0\.groups: .* bootstrap group "admins" is invalid/],
  [['delete'], /^error: missing argument; 'token delete' is missing token of form/],
  [
    ['delete', 'NOPE'],
    /^error: given token didn't match pattern "\\\\A\(\[a-z0-9\]\{6\}\)\\\\\.\(\[a-z0-9\]\{16\}\)\\\\z" or "\\\\A\(\[a-z0-9\]\{6\}\)\\\\z"\n/,
  ],
  [
    ['list', '-o', 'wide'],
    /^error: could not construct output printer: unable to match a printer suitable for the output format "wide", allowed formats are: go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,template,templatefile,text,yaml\n/,
  ],
];
for (const [args, message] of mistakes) {
  test(`kubeadm token ${args.join(' ')}`, async () => {
    const { code, err } = await token(...args);
    assert.equal(code, 1);
    assert.match(err, message);
  });
}

test('a token has usages and groups, also when no flag names any', async () => {
  const cluster = new FakeCluster();
  const run = (...args: string[]): Promise<Ran> => runOn(host, cluster, ['token', ...args]);
  await run('create', 'abcdef.0123456789abcdef', '--groups', '', '--usages', '');
  const [json = ''] = (await run('list', '-o', 'json')).out.split('\n}\n');
  const { usages, groups } = JSON.parse(`${json}}`);
  assert.deepEqual(
    [usages, groups],
    [['authentication', 'signing'], ['system:bootstrappers:kubeadm:default-node-token']],
  );
});

test('what is wrong with a command line is said in order: the flags, the token, the kubeconfig, the rest', async () => {
  const bare = new FakeHost();
  const first = async (on: FakeHost, ...args: string[]): Promise<string | undefined> =>
    (await runOn(on, new FakeCluster(), ['token', ...args])).err.split('\n')[0];
  const noKubeconfig = 'error: failed to load admin kubeconfig: open /root/.kube/config: no such file or directory';
  assert.match((await first(bare, 'create', 'x')) ?? '', /^error: the bootstrap token "x" was not of the form /);
  const wrongUsage = ['create', 'abcdef.0123456789abcdef', '--usages', 'x'];
  assert.equal(await first(bare, ...wrongUsage), noKubeconfig);
  assert.match((await first(host, ...wrongUsage)) ?? '', /^error: \S+ Invalid value/);
  assert.equal(await first(bare, 'list', '-o', 'wide'), noKubeconfig);
  assert.equal(
    await first(host, 'create', '--certificate-key', 'k'),
    'error: cannot use --certificate-key without --print-join-command',
  );
  assert.equal(
    await first(host, 'delete', 'abcdef'),
    'error: failed to delete bootstrap token "abcdef": /api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef',
  );
});

test('tokens are made with the first kubeconfig that is there: the user\'s, then admin.conf, whatever --kubeconfig "" says', async () => {
  const own = '/root/.kube/config';
  const admin = '/etc/kubernetes/admin.conf';
  const usedOf = async (files: readonly string[], ...args: string[]): Promise<string | undefined> => {
    const used: string[] = [];
    const connect = (text: string): ApiClient => {
      used.push(text);
      return new FakeCluster().client;
    };
    const machine = new FakeHost({ files: Object.fromEntries(files.map((file) => [file, file])) });
    await runOn(machine, new FakeCluster(), ['token', 'list', ...args], { deps: { connect } });
    return used[0];
  };
  assert.equal(await usedOf([own, admin]), own);
  assert.equal(await usedOf([admin]), admin);
  assert.equal(await usedOf([admin], '--kubeconfig', ''), admin);
  assert.equal(await usedOf([own, admin, '/mine'], '--kubeconfig', '/mine'), '/mine');
});
