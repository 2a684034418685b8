import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const run = (line: string, files: Record<string, string> = {}): Promise<Ran> =>
  runOn(new FakeHost({ files }), new FakeCluster(), line === '' ? [] : line.split(' '));

/** Commands that take no words after them. */
const bare = [
  'certs certificate-key',
  'certs check-expiration',
  'certs generate-csr',
  'certs renew all',
  'certs renew apiserver',
  'config images list',
  'config images pull',
  'config migrate',
  'config print init-defaults',
  'config print join-defaults',
  'config print reset-defaults',
  'config print upgrade-defaults',
  'config validate',
  'init',
  'kubeconfig user',
  'token generate',
  'token list',
  'upgrade node',
  'version',
];

test('words after commands that take none are refused as unknown commands', async () => {
  for (const line of [...bare, 'certs', 'certs renew', 'config', 'config print', 'kubeconfig', 'token', 'upgrade']) {
    const { code, out, err } = await run(`${line} x`);
    assert.deepEqual(
      { code, out, err: err.split('\n')[0] },
      { code: 1, out: '', err: `error: unknown command "x" for "kubeadm ${line}"` },
    );
  }
});

/** Command lines, and the first line of what is wrong with them. */
const wrong: [line: string, message: string][] = [
  ['completion', 'shell not specified'],
  ['completion fish', 'unsupported shell type "fish", the supported shell types are [bash zsh]'],
  ['completion bash zsh', 'too many arguments. expected only the shell type'],
  ['join 10.0.0.2:6443 10.0.0.3:6443', 'accepts at most 1 arg(s), received 2'],
  ['kubeconfig user', 'required flag(s) "client-name" not set'],
  [
    'token delete',
    String.raw`missing argument; 'token delete' is missing token of form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z" or "\\A([a-z0-9]{6})\\z"`,
  ],
  ['version --output xml', 'invalid output format: xml'],
  ['version -o', "flag needs an argument: 'o' in -o"],
  ['version --bogus', 'unknown flag: --bogus'],
  ['version -x', "unknown shorthand flag: 'x' in -x"],
  ['--version', 'unknown flag: --version'],
  ['-v', "flag needs an argument: 'v' in -v"],
  ['token --bogus x', 'unknown flag: --bogus'],
  ['bogus --bogus', 'unknown command "bogus" for "kubeadm"'],
  ['--dry-run token list', 'unknown command "list" for "kubeadm"'],
  ['init phase certs ca apiserver', 'unknown command "apiserver" for "kubeadm init phase certs ca"'],
  [
    'join phase control-plane-join mark-control-plane x',
    'unknown command "x" for "kubeadm join phase control-plane-join mark-control-plane"',
  ],
  ['help --bogus', 'unknown flag: --bogus'],
];
for (const [line, message] of wrong) {
  test(`kubeadm ${line}: ${message}`, async () => {
    const { code, out, err } = await run(line);
    assert.deepEqual({ code, out, err: err.split('\n')[0] }, { code: 1, out: '', err: `error: ${message}` });
  });
}

test('flags may stand before, between and behind the words of a command', async () => {
  const plain = await run('token generate');
  assert.match(plain.out, /^[a-z0-9]{6}\.[a-z0-9]{16}\n$/);
  for (const line of [
    '-v 3 token generate',
    '--v=5 token generate',
    'token --dry-run generate',
    '--v 2 token -v=1 generate',
  ]) {
    assert.deepEqual(await run(line), plain, line);
  }
  assert.deepEqual(await run('-v 4 init phase --v 1 certs ca --help'), await run('init phase certs ca --help'));
  assert.deepEqual(await run('certificates -v 1 renew --help'), await run('certs renew --help'));
  assert.deepEqual(await run('-v 1 help token'), await run('token --help'));
});

test('`help` shows the help of what it names; an unknown topic is no error', async () => {
  assert.deepEqual(await run('help config print'), await run('config print --help'));
  assert.deepEqual(await run('help init x'), await run('init --help'));
  assert.deepEqual(await run('help'), await run(''));
  const { code, out, err } = await run('help bogus');
  assert.deepEqual([code, out], [0, '']);
  assert.match(err, /^Unknown help topic \[`bogus`\]\nUsage:\n {2}kubeadm \[command\]\n/);
});

test('flags of the log writer that help does not show are taken', async () => {
  const flags =
    '--logtostderr --alsologtostderr --stderrthreshold=2 --vmodule=a=1 --log-dir=/x --log-flush-frequency=5s';
  assert.equal((await run(`version -o short ${flags}`)).code, 0);
  assert.doesNotMatch((await run('version --help')).out, /--logtostderr|--vmodule|--log-dir/);
});

test('version says what the build is in the order and the forms of upstream', async () => {
  const names = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler'];
  const { clientVersion } = JSON.parse((await run('version -o json')).out);
  assert.deepEqual(Object.keys(clientVersion), [...names, 'platform']);
  assert.match((await run('version -o yaml')).out, /^clientVersion:\n {2}buildDate: .*\n( {2}.*\n)+\n$/);
  assert.match(
    (await run('version')).out,
    /^kubeadm version: &version\.Info\{Major:"1", Minor:"36", EmulationMajor:"", EmulationMinor:"", MinCompatibilityMajor:"", MinCompatibilityMinor:"", GitVersion:"v1\.36\..*", GitCommit:"", GitTreeState:"", BuildDate:".*", GoVersion:".*", Compiler:".*", Platform:"linux\/.*"\}\n$/,
  );
});

test('flags of control planes without `--control-plane` are warned of', async () => {
  const { err } = await run('join 10.0.0.2:6443 --apiserver-bind-port 6444');
  assert.match(
    err,
    /^\[preflight\] WARNING: --control-plane is also required when passing control-plane related flags such as \[certificate-key, apiserver-advertise-address, apiserver-bind-port\]\n/,
  );
});

test('certificates that last longer than usual are warned of', async () => {
  const text = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
certificateValidityPeriod: 17520h
caCertificateValidityPeriod: 87601h
`;
  const { code, err } = await run('config images list --config /c.yaml', { '/c.yaml': text });
  assert.equal(code, 0);
  assert.equal(
    err,
    `WARNING: certificateValidityPeriod: the value 17520h0m0s is more than the recommended default for certificate expiration: 8760h0m0s
WARNING: caCertificateValidityPeriod: the value 87601h0m0s is more than the recommended default for CA certificate expiration: 87600h0m0s
`,
  );
});

test('a version that is none is refused; labels and other versions are not', async () => {
  const problem = (name: string): string =>
    `version "${name}" doesn't match patterns for neither semantic version nor labels (stable, latest, ...)`;
  for (const name of ['bogus', '1.36', 'v1.36', 'latest-1.36.x']) {
    const listed = await run(`config images list --kubernetes-version ${name}`);
    const first = listed.err.split('\n')[0];
    assert.deepEqual([listed.code, first], [1, `error: could not convert cfg to an internal cfg: ${problem(name)}`]);
    const text = `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: "${name}"\n`;
    const checked = await run('config validate --config /c.yaml', { '/c.yaml': text });
    assert.equal(checked.err.split('\n')[0], `error: ${problem(name)}`);
  }
  for (const name of ['1.36.2', 'v1.20.2', 'latest', 'stable-1', 'stable-1.36', 'ci/latest', 'v1.37.0-alpha.1+x']) {
    assert.equal((await run(`config images list --kubernetes-version ${name}`)).code, 0, name);
  }
});

test('an upgrade needs one version, from the file or as its argument', async () => {
  const version = 'Required arguments: [version]\n';
  assert.match(
    (await run('upgrade apply')).err,
    new RegExp(`^error: missing one or more required arguments. ${RegExp.escape(version)}`),
  );
  assert.match(
    (await run('upgrade apply v1.36.2 v1.36.3')).err,
    new RegExp(`^error: too many arguments. ${RegExp.escape(version)}`),
  );
});

test('ranges of addresses that IPv6 has given up are warned of', async () => {
  const text = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {podSubnet: "fec0:1::/48", serviceSubnet: "fd00::/112"}
`;
  const { err } = await run('config images list --config /c.yaml', { '/c.yaml': text });
  assert.equal(
    err,
    'the subnet fec0:1::/48 contains IPv6 site-local addresses that belong to fec0::/10 which has been deprecated by rfc3879\n',
  );
});
