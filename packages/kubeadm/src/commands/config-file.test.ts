import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const run = (...args: string[]): Promise<Ran> =>
  runOn(
    new FakeHost({
      files: {
        '/c.yaml': 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\ncertificatesDir: here\n',
        // Tokens are made in a cluster: its kubeconfig is read first.
        ...(args[0] === 'token' ? { '/etc/kubernetes/admin.conf': 'kind: Config' } : {}),
      },
    }),
    new FakeCluster(),
    args,
  );

test('flags that belong into the file are refused beside it, in order', async () => {
  const cases: [line: string, mixed: string][] = [
    [
      'init --token=x --pod-network-cidr=y --certificate-key=z --cri-socket=a',
      'certificate-key cri-socket pod-network-cidr token',
    ],
    [
      'init --node-name=a --skip-phases=b --upload-certs --dry-run --ignore-preflight-errors=all --v=1 --patches=p',
      'patches',
    ],
    ['join --control-plane --token=x --discovery-token=y', 'control-plane discovery-token token'],
    ['reset --force --cert-dir=/x --cleanup-tmp-dir', 'cert-dir cleanup-tmp-dir force'],
    ['upgrade apply --yes --force --print-config', 'force print-config'],
    ['token create --print-join-command --ttl=1h', 'ttl'],
  ];
  for (const [line, mixed] of cases) {
    const { code, out, err } = await run(...line.split(' '), '--config=/c.yaml');
    assert.deepEqual([code, out], [1, ''], line);
    assert.match(err, /\nTo see the stack trace/);
    assert.equal(err.split('\n')[0], `error: can not mix '--config' with arguments [${mixed}]`);
  }
});

test('a folder, or a file that may not be read, is said to be one', async () => {
  for (const [code, message] of [
    ['EISDIR', 'read /etc: is a directory'],
    ['EACCES', 'open /etc: permission denied'],
  ]) {
    const host = new FakeHost();
    host.files.read = async () => {
      throw Object.assign(new Error('of Node'), { code });
    };
    const { err } = await runOn(host, new FakeCluster(), ['init', '--config=/etc']);
    assert.equal(err.split('\n')[0], `error: unable to read config from "/etc" : ${message}`);
  }
});

test('a file that is not there is named as each command names it', async () => {
  const opened = 'open /nope.yaml: no such file or directory';
  const cases: [line: string, message: string][] = [
    ['init --config', `unable to read config from "/nope.yaml" : ${opened}`],
    ['join --config', `unable to read config from "/nope.yaml" : ${opened}`],
    ['reset --config', `unable to read config from "/nope.yaml" : ${opened}`],
    ['upgrade node --config', `unable to load config from file "/nope.yaml": ${opened}`],
    ['config validate --config', opened],
    ['config migrate --old-config', opened],
    [
      'config images list --config',
      `could not convert cfg to an internal cfg: unable to read config from "/nope.yaml" : ${opened}`,
    ],
    [
      'join --discovery-file',
      'discovery.file.kubeConfigPath: Invalid value: "/nope.yaml": not a valid HTTPS URL or a file on disk',
    ],
  ];
  for (const [line, message] of cases) {
    const { code, err } = await run(...line.split(' '), '/nope.yaml');
    assert.equal(code, 1, line);
    assert.equal(err.split('\n')[0], `error: ${message}`);
  }
});

test('every command that reads a configuration of the cluster judges it', async () => {
  const problem = 'certificatesDir: Invalid value: "here": path is not absolute';
  for (const line of [
    'init',
    'init phase certs ca',
    'config images pull',
    'certs check-expiration',
    'certs renew all',
    'certs generate-csr',
    'kubeconfig user --client-name=ann',
    'token create',
  ]) {
    const { code, err } = await run(...line.split(' '), '--config=/c.yaml');
    assert.equal(code, 1, line);
    assert.equal(err.split('\n')[0], `error: ${problem}`, line);
  }
});

test('flags are read as the original reads them', async () => {
  const cases: [line: string, message: string][] = [
    [
      'init --apiserver-bind-port=x',
      'invalid argument "x" for "--apiserver-bind-port" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      'init --apiserver-bind-port=1.5',
      'invalid argument "1.5" for "--apiserver-bind-port" flag: strconv.ParseInt: parsing "1.5": invalid syntax',
    ],
    [
      'init --apiserver-bind-port=99999999999',
      'invalid argument "99999999999" for "--apiserver-bind-port" flag: strconv.ParseInt: parsing "99999999999": value out of range',
    ],
    ['init --token-ttl=5', 'invalid argument "5" for "--token-ttl" flag: time: missing unit in duration "5"'],
    ['init --token=x', String.raw`the bootstrap token "x" was not of the form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`],
    ['token create x', String.raw`the bootstrap token "x" was not of the form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`],
    [
      'init --apiserver-advertise-address=1.2.3',
      `couldn't use "1.2.3" as "apiserver-advertise-address", must be ipv4 or ipv6 address`,
    ],
    ['init --apiserver-advertise-address=224.0.0.1', 'cannot use "224.0.0.1" as the bind address for the API Server'],
    ['join 10.0.0.2:6443 10.0.0.3:6443', 'accepts at most 1 arg(s), received 2'],
  ];
  for (const [line, message] of cases) {
    const { code, out, err } = await run(...line.split(' '));
    assert.deepEqual([code, out], [1, ''], line);
    assert.equal(err.split('\n')[0], `error: ${message}`);
  }
});
