import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { bothKubectls } from './kubectl-beside-upstream.ts';

const head = 'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n';
const preferences = `${head}aliases:
- name: getn
  command: get
  prependArgs: [namespaces]
  appendArgs: [default]
  options:
  - name: output
    default: name
- name: get
  command: describe
defaults:
- command: get
  options:
  - name: show-labels
    default: "true"
- command: create configmap
  options:
  - name: dry-run
    default: client
`;
const files: Readonly<Record<string, string>> = {
  command: `${head}aliases:\n- name: bad\n  command: nosuch\n`,
  flag: `${head}defaults:\n- command: get\n  options:\n  - name: nosuch\n    default: x\n`,
  other: 'kind: Foo\n',
};

const script = `
getn
getn -o jsonpath={.kind}
get ns default -o name
get ns default --show-labels=false --no-headers -o custom-columns=A:.metadata.name
create configmap x --from-literal=a=b
create configmap x --from-literal=a=b --dry-run=server
get ns default -o name --kuberc=FOLDER/command
bad --kuberc=FOLDER/command
get ns default -o name --kuberc=FOLDER/flag
get ns default -o name --kuberc FOLDER/other
get ns default -o name --kuberc=FOLDER/nosuch
`;

test("aliases and defaults of a kuberc file work as upstream's", async () => {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-kuberc-'));
  try {
    mkdirSync(join(home, '.kube'));
    writeFileSync(join(home, '.kube/kuberc'), preferences);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
    await using plane = await startControlPlane({ controllers: [], scheduler: false });
    using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, HOME: home });
    using without = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, HOME: home, KUBECTL_KUBERC: 'false' });
    for (const line of script.replaceAll('FOLDER', home).trim().split('\n')) {
      const args = line.split(' ');
      assert.deepEqual(await both.ours(...args), await both.upstream(...args), line);
    }
    assert.deepEqual(await without.ours('getn'), await without.upstream('getn'));
  } finally {
    rmSync(home, { recursive: true });
  }
});

const changes = `
view
set
set --section defaults
set --section defaults --command get --option output=wide
view
set --section defaults --command get --option output=yaml
set --section defaults --command get --option output=yaml --option show-labels=true --overwrite
set --section defaults --command get --option output
set --section aliases --command get
set --section aliases --name getn --command get --prependarg nodes --appendarg x --option output=wide
set --section aliases --name getn --command get
set --section aliases --name getn --command get --overwrite
set --section defaults --command rollout_status --option =x
view
view -o json
view -o name
view -o jsonpath={.aliases[0].name}
view x
foo
set --nosuch
`;

test('a kuberc file is shown and changed as by upstream', async () => {
  const homes = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'kubectl-kuberc-')));
  const [mine = '', theirs = ''] = homes;
  try {
    using left = bothKubectls({ KUBECONFIG: '/dev/null', HOME: mine });
    using right = bothKubectls({ KUBECONFIG: '/dev/null', HOME: theirs });
    for (const line of changes.trim().split('\n')) {
      const args = ['alpha', 'kuberc', ...line.split(' ').map((word) => word.replace('_', ' '))];
      const [ours, upstream] = [await left.ours(...args), await right.upstream(...args)];
      const same = (text: string): string => text.replaceAll(mine, theirs);
      assert.deepEqual({ ...ours, out: same(ours.out), err: same(ours.err) }, upstream, line);
      const [written, expected] = homes.map((home) => textOf(join(home, '.kube/kuberc')));
      assert.equal(written, expected, line);
    }
    using asked = bothKubectls({ HOME: join(mine, 'new') }, { input: 'y\n' });
    const { out } = await asked.ours('alpha', 'kuberc', 'view');
    assert.match(out, /\(y\/N\): Updated .*kuberc\n$/);
    assert.match(textOf(join(mine, 'new/.kube/kuberc')) ?? '', /name: interactive/);
  } finally {
    for (const home of homes) rmSync(home, { recursive: true });
  }
});

const policies = [
  'credentialPluginPolicy: DenyAll',
  'credentialPluginPolicy: AllowAll',
  'credentialPluginPolicy: Sometimes',
  'credentialPluginPolicy: Allowlist',
  'credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: []',
  'credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- {}',
  'credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- name: ./cat',
  'credentialPluginPolicy: AllowAll\ncredentialPluginAllowlist:\n- name: cat',
  'credentialPluginAllowlist:\n- name: cat',
  ...['cat', '/usr/bin/cat', 'nosuch', 'sh'].map(
    (name) => `credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- name: ${name}`,
  ),
];

test('only credential plugins allowed by a kuberc file run', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-kuberc-'));
  try {
    const credential = join(home, 'credential');
    writeFileSync(
      credential,
      JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'x' } }),
    );
    await using plane = await startControlPlane({ controllers: [], scheduler: false });
    using both = bothKubectls({ KUBECONFIG: join(home, 'config'), KUBERC: join(home, 'kuberc') });
    const server = /server: (\S+)/.exec(readFileSync(plane.kubeconfigFile, 'utf8'))?.[1];
    for (const command of ['cat', '/usr/bin/cat', 'nosuch', '/nosuch']) {
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command,
        args: [credential],
        interactiveMode: 'Never',
      };
      const config = {
        clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'u', user: { exec } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      };
      writeFileSync(join(home, 'config'), JSON.stringify(config));
      for (const policy of policies) {
        writeFileSync(join(home, 'kuberc'), `${head}${policy}\n`);
        const [ours, upstream] = [
          await both.ours('get', '--raw', '/version'),
          await both.upstream('get', '--raw', '/version'),
        ];
        // Upstream prints it for each request of its discovery cache, too.
        const err = upstream.err.replace(/^E\d{4} .*\n/gm, '');
        assert.deepEqual(ours, { ...upstream, err }, `${command}: ${policy}`);
      }
    }
    const set = (...flags: string[]) =>
      both.ours('alpha', 'kuberc', 'set', '--section=credentialplugin', ...flags).then(({ err, code }) => [code, err]);
    const entry = '--allowlist-entry=command=cat';
    assert.deepEqual(await set('--policy=Allowlist', `${entry},command=/bin/x`), [0, '']);
    assert.match(
      readFileSync(join(home, 'kuberc'), 'utf8'),
      /credentialPluginAllowlist:\n- command: cat\n- command: \/bin\/x\ncredentialPluginPolicy: Allowlist\n/,
    );
    assert.deepEqual(await set('--policy=DenyAll'), [0, '']);
    assert.doesNotMatch(readFileSync(join(home, 'kuberc'), 'utf8'), /Allowlist/);
    const other = await both.ours('alpha', 'kuberc', 'set', '--section=foo', '--command=get');
    assert.equal(
      other.err,
      'error: --section must be "defaults", "aliases", or "credentialplugin", got: foo\n',
      'as upstream says it since 1.36',
    );
    const wrong = async (...flags: string[]) =>
      assert.match(String((await set(...flags))[1]), /^error: /, flags.join(' '));
    for (const flags of [[], ['--policy=No'], ['--policy=DenyAll', entry], ['--policy=Allowlist']])
      await wrong(...flags);
    for (const bad of ['cat', 'name=cat', 'x=y', 'command='])
      await wrong('--policy=Allowlist', `--allowlist-entry=${bad}`);
  } finally {
    rmSync(home, { recursive: true });
  }
});

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** Documents of preferences, and other files, by what is odd about them. */
const odd: Readonly<Record<string, string>> = {
  alpha: `${head.replace('beta', 'alpha')}aliases:
- {name: bb, command: get, prependArgs: [ns], flags: [{name: output, default: name}]}
overrides:
- {command: get, flags: [{name: output, default: name}]}
`,
  wrongAliases: `${head}aliases: {a: b}\n`,
  wrongOptions: `${head}defaults: [{command: get, options: x}]\n`,
  number: `${head}defaults: [{command: get, options: [{name: output, default: 5}]}]\n`,
  policy: `${head}credentialPluginPolicy: 5\n`,
  unknown: `${head}foo: bar\ndefaults: [{command: get, bar: 1, options: [{name: output, default: name, x: y}]}]\n`,
  dashes: `${head}defaults: [{command: get, options: [{name: --output, default: name}]}]\n`,
  value: `${head}defaults: [{command: get, options: [{name: show-labels, default: maybe}]}]\n`,
  verbosity: `${head}defaults: [{command: get, options: [{name: v, default: "0"}]}]\n`,
  command: `${head}defaults: [{command: nosuch, options: [{name: output, default: name}]}]\n`,
  overridden: `${head}aliases: [{name: bb, command: get}]\ndefaults: [{command: bb}]\n`,
  help: `${head}aliases: [{name: bb, command: create configmap}]\n`,
};

test('odd preferences are taken, warned of or refused as by upstream', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-kuberc-'));
  try {
    await using plane = await startControlPlane({ controllers: [], scheduler: false });
    mkdirSync(join(home, '.kube'));
    using usual = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, HOME: home });
    using named = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, KUBERC: join(home, '.kube/kuberc') });
    for (const [what, text] of Object.entries(odd)) {
      writeFileSync(join(home, '.kube/kuberc'), text);
      for (const [both, line] of [
        [usual, 'get ns default --no-headers -o name'],
        [named, 'get ns default --no-headers -o name'],
        [usual, 'get ns -o custom-columns=A:.metadata.name'],
        [usual, 'bb'],
        [usual, 'bb -h=x'],
      ] as const)
        assert.deepEqual(
          await both.ours(...line.split(' ')),
          await both.upstream(...line.split(' ')),
          `${what}: ${line}`,
        );
    }
  } finally {
    rmSync(home, { recursive: true });
  }
});
