import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, golden, type Ran, runOn } from '../testing/index.ts';

const run = (text: string, ...args: string[]): Promise<Ran> =>
  runOn(new FakeHost({ files: { '/c.yaml': text } }), new FakeCluster(), args);
const validate = (text: string): Promise<Ran> => run(text, 'config', 'validate', '--config=/c.yaml');
const document = (kind: string, body = ''): string => `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ${kind}\n${body}\n`;

test('prints the defaults of every kind, and they are valid', async () => {
  let shown = '';
  for (const args of [
    ['init-defaults', '--component-configs=KubeletConfiguration,KubeProxyConfiguration'],
    ['join-defaults'],
    ['reset-defaults'],
    ['upgrade-defaults'],
  ]) {
    const { code, out, err } = await run('', 'config', 'print', ...args);
    assert.equal(code, 0, err);
    shown += `#### ${args.join(' ')}\n${out}`;
    assert.deepEqual(await validate(out), { code: 0, out: 'ok\n', err: '' });
  }
  golden('print-defaults.txt', shown);
  const unknown = await run('', 'config', 'print', 'init-defaults', '--component-configs=Nope');
  assert.match(
    unknown.err,
    /^error: --component-configs needs to contain some of \[KubeProxyConfiguration KubeletConfiguration\]\n/,
  );
});

test('validate reports mistakes in documents of every kind', async () => {
  const cases: [text: string, message: string][] = [
    [
      `${document('ClusterConfiguration')}---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: Nope\n---\napiVersion: apps/v1\nkind: Deployment\n`,
      'unknown configuration APIs: []schema.GroupVersionKind{schema.GroupVersionKind{Group:"kubeadm.k8s.io", Version:"v1beta4", Kind:"Nope"}, schema.GroupVersionKind{Group:"apps", Version:"v1", Kind:"Deployment"}}',
    ],
    [
      document('ClusterConfiguration', 'nope: 1\nnetworking: {podsubnet: x}'),
      'error unmarshaling configuration schema.GroupVersionKind{Group:"kubeadm.k8s.io", Version:"v1beta4", Kind:"ClusterConfiguration"}: strict decoding error: unknown field "nope", unknown field "networking.podsubnet"',
    ],
    [
      `${document('ClusterConfiguration')}---\n${document('ClusterConfiguration')}`,
      'invalid configuration: kind "ClusterConfiguration" is specified twice in YAML file',
    ],
    [
      document('ResetConfiguration', 'certificatesDir: here'),
      'certificatesDir: Invalid value: "here": path is not absolute',
    ],
    [
      document(
        'UpgradeConfiguration',
        'node: {patches: {directory: here}}\napply: {ignorePreflightErrors: [all, Swap]}',
      ),
      '[patches.directory: Invalid value: "here": path is not absolute, ignore-preflight-errors: Invalid value: "all,swap": don\'t specify individual checks if \'all\' is used]',
    ],
    [
      document('JoinConfiguration', 'discovery: {file: {kubeConfigPath: "https://f"}}\nnodeRegistration: {name: A_b}'),
      'nodeRegistration.name: Invalid value: "a_b": a lowercase RFC 1123 subdomain',
    ],
    ['apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nnope: 1\n', 'unknown field "nope"'],
  ];
  for (const [text, message] of cases) {
    const { code, out, err } = await validate(text);
    assert.deepEqual([code, out], [1, '']);
    assert.ok(err.startsWith('error: ') && err.includes(message), err);
  }
  assert.match((await run('', 'config', 'validate')).err, /^error: the --config flag is mandatory\n/);
  assert.match((await run('', 'config', 'migrate')).err, /^error: the --old-config flag is mandatory\n/);
});

test('init ignores foreign documents, but requires one of its own kinds', async () => {
  const other = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n';
  const images = (text: string): Promise<Ran> => run(text, 'config', 'images', 'list', '--config=/c.yaml');
  const { code, err } = await images(
    `${document('ClusterConfiguration')}---\n${other}---\n${document('JoinConfiguration')}---\n${document('Nope')}`,
  );
  assert.equal(code, 0);
  const ignored = '[config] WARNING: Ignored configuration document with GroupVersionKind';
  const unknown = '[config] WARNING: unknown configuration schema.GroupVersionKind';
  assert.deepEqual(err.trimEnd().split('\n'), [
    `${unknown}{Group:"apps", Version:"v1", Kind:"Deployment"}`,
    `${ignored} apps/v1, Kind=Deployment`,
    `${ignored} kubeadm.k8s.io/v1beta4, Kind=JoinConfiguration`,
    `${unknown}{Group:"kubeadm.k8s.io", Version:"v1beta4", Kind:"Nope"}`,
    `${ignored} kubeadm.k8s.io/v1beta4, Kind=Nope`,
  ]);
  assert.match(
    (await images(document('ResetConfiguration'))).err,
    /error: could not convert cfg to an internal cfg: no InitConfiguration or ClusterConfiguration kind was found in the configuration file\n/,
  );
  for (const [command, kind] of [
    ['join', 'JoinConfiguration'],
    ['reset', 'ResetConfiguration'],
    ['upgrade apply', 'UpgradeConfiguration'],
  ] as const) {
    const wrong = await run(document('ClusterConfiguration'), ...command.split(' '), '--config=/c.yaml');
    assert.match(wrong.err, /^\[config\] WARNING: Ignored .* Kind=ClusterConfiguration\n|^error: no /);
    assert.match(wrong.err, new RegExp(`error: no ${kind} found in the supplied config\n`));
  }
});

test('warns of deprecated versions, unless they are allowed or migrated', async () => {
  const old = 'apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n';
  assert.match((await validate(old)).err, /^\[config\] WARNING: your configuration file uses a deprecated API spec/);
  const allowed = await run(old, 'config', 'validate', '--config=/c.yaml', '--allow-deprecated-api');
  assert.deepEqual(allowed, { code: 0, out: 'ok\n', err: '' });
  assert.equal((await run(old, 'config', 'migrate', '--old-config=/c.yaml')).err, '');
});
