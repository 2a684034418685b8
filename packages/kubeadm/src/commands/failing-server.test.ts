/** The result of a command must not depend on which requests the API server and etcd refused, missed or left unanswered on the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '@typernetes/base';
import { seededNumbers, seedsOr } from '@typernetes/base/testing';
import { restClient, type Transport } from '@typernetes/client';
import {
  absentTransport,
  type Disturbance,
  disturbances,
  disturbedAnswer,
  disturbedClient,
  endpoint,
  FakeCluster,
  FakeEtcd,
  FakeHost,
  initialized,
  joinLine,
  olderCluster,
  runOn,
  SkippingClock,
  second,
  silentTransport,
} from '../testing/index.ts';

type Next = () => Disturbance | undefined;

const undisturbed: Next = () => undefined;

const seeds = seedsOr('1 2');

function disturbing(seed: number): Next {
  const next = seededNumbers(seed);
  return () => (next() < 0.3 ? disturbances[Math.floor(next() * disturbances.length)] : undefined);
}

/** Masks what differs between runs: keys, and the expiration times of tokens. */
const withoutSecrets = (key: string, value: unknown): unknown =>
  /^(kubeconfig|certificate-authority-data|expiration|data|uid)$/.test(key) && typeof value !== 'object'
    ? undefined
    : /\.(crt|key|pub)$|^jws-kubeconfig-/.test(key)
      ? 'sealed'
      : value;

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, withoutSecrets));

/** The files of a machine, without backups, whose names contain the time. Files with keys are listed without their contents. */
const filesOf = (host: FakeHost): unknown =>
  [...host.texts]
    .filter(([path]) => !path.startsWith('/etc/kubernetes/tmp/'))
    .sort()
    .map(([path, text]) => (/\.(conf|crt|key|pub)$/.test(path) ? path : [path, text]));

type Outcome = (next: Next) => Promise<unknown>;

/** Everything that init leaves in the cluster, run twice as if a user ran it again. */
const init: Outcome = async (next) => {
  const cluster = new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': { metadata: { name: 'master', labels: {} }, spec: {} },
  });
  const host = new FakeHost();
  for (const args of [['init'], ['init', '--ignore-preflight-errors=all', '--skip-phases=certs,kubeconfig']]) {
    const { code, err } = await runOn(host, { client: disturbedClient(cluster.client, next) }, args);
    assert.equal(code, 0, err);
  }
  return [...cluster.objects].sort();
};

/** Joins a machine, and returns the state of both machine and cluster. `reset` removes it again. */
const joining =
  ({ controlPlane, reset = false }: { controlPlane: boolean; reset?: boolean }): Outcome =>
  async (next) => {
    const { cluster, ran } = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
    const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
    cluster.objects.set('/api/v1/nodes/other', { metadata: { name: 'other', resourceVersion: '1' }, spec: {} });
    const host = second(cluster, etcd, (answer) => disturbedAnswer(next(), answer));
    const line = joinLine(ran);
    const worker = line.filter(
      (word, at) => !/^--(control-plane|certificate-key)$/.test(word) && line[at - 1] !== '--certificate-key',
    );
    const disturbed = { client: disturbedClient(cluster.client, next) };
    const joined = await runOn(host, disturbed, controlPlane ? line : worker);
    assert.equal(joined.code, 0, joined.err);
    if (reset) {
      const left = await runOn(host, disturbed, ['reset', '--force']);
      assert.equal(left.code, 0, left.err);
      assert.doesNotMatch(left.err, /Failed/);
    }
    return [filesOf(host), [...cluster.objects].sort(), etcd.members, host.ran];
  };

/** An upgrade of a control plane, with etcd or without, and of its node again. */
const upgrade =
  (...flags: string[]): Outcome =>
  async (next) => {
    const { host, cluster } = await olderCluster({ flags });
    const disturbed = { client: disturbedClient(cluster.client, next) };
    const plan = await runOn(host, disturbed, ['upgrade', 'plan']);
    assert.equal(plan.code, 0, plan.err);
    const diff = await runOn(host, disturbed, ['upgrade', 'diff', version]);
    assert.equal(diff.code, 0, diff.err);
    for (const args of [['apply', version, '--yes'], ['node']]) {
      const { code, err } = await runOn(host, disturbed, ['upgrade', ...args]);
      assert.equal(code, 0, err);
    }
    return [plan.out, diff.out, filesOf(host), [...cluster.objects].sort()];
  };

const tokens: Outcome = async (next) => {
  const { cluster, first } = await initialized();
  const disturbed = { client: disturbedClient(cluster.client, next) };
  const said: string[] = [];
  for (const args of [
    ['create', 'abcde1.0123456789abcdef'],
    ['list'],
    ['delete', 'abcde1'],
    ['create', '--print-join-command'],
  ]) {
    if (args[0] === 'create') cluster.objects.delete('/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef');
    const { code, out, err } = await runOn(first, disturbed, ['token', ...args]);
    assert.equal(code, 0, err);
    said.push(out.replace(/sha256:\w+/, 'sha256').replaceAll(/ (\d+[dhm]) +| 2026-\S+/g, ' later '));
  }
  return [said, [...cluster.objects.keys()].sort()];
};

const commands: Readonly<Record<string, Outcome>> = {
  init,
  'join of a worker': joining({ controlPlane: false }),
  'join of a control plane': joining({ controlPlane: true }),
  reset: joining({ controlPlane: true, reset: true }),
  'upgrade with the embedded store': upgrade(),
  'upgrade with etcd': upgrade('--control-plane-endpoint=10.0.0.2:6443'),
  token: tokens,
};

for (const [name, outcome] of Object.entries(commands)) {
  test(`${name} has the same result whichever requests fail on the way`, async () => {
    const expected = plain(await outcome(undisturbed));
    for (const seed of seeds) {
      assert.deepEqual(plain(await outcome(disturbing(seed))), expected, `with seed ${seed}`);
    }
  });
}

/** A machine of a cluster whose API server no longer answers. */
async function left(): Promise<FakeHost> {
  const { host } = await olderCluster({ flags: ['--control-plane-endpoint=10.0.0.2:6443'] });
  return host;
}

const withoutServer: readonly { args: readonly string[]; says: RegExp }[] = [
  {
    args: ['token', 'create'],
    says: /POST "\/api\/v1\/namespaces\/kube-system\/secrets" failed for 1m0s, see that the API server runs/,
  },
  { args: ['token', 'list'], says: /GET "\/api\/v1\/namespaces\/kube-system\/secrets" failed for 1m0s/ },
  {
    args: ['token', 'delete', 'abcdef'],
    says: /DELETE "\/api\/v1\/namespaces\/kube-system\/secrets\/bootstrap-token-abcdef" failed/,
  },
  {
    args: ['upgrade', 'plan'],
    says: /GET "\/api\/v1\/namespaces\/kube-system\/configmaps\/kubeadm-config" failed for 1m0s/,
  },
  {
    args: ['upgrade', 'apply', version, '-y'],
    says: /GET "\/api\/v1\/namespaces\/kube-system\/configmaps\/kubeadm-config" failed/,
  },
  { args: ['upgrade', 'node'], says: /GET "\/api\/v1\/namespaces\/kube-system\/configmaps\/kubeadm-config" failed/ },
  { args: ['upgrade', 'diff'], says: /GET "\/api\/v1\/namespaces\/kube-system\/configmaps\/kubeadm-config" failed/ },
  {
    args: ['init', 'phase', 'upload-config', 'kubeadm'],
    says: /POST "\/api\/v1\/namespaces\/kube-system\/configmaps" failed for 1m0s/,
  },
];

const servers: readonly { what: string; transport: Transport; why: RegExp }[] = [
  { what: 'is gone', transport: absentTransport, why: /: dial tcp 10\.0\.0\.2:6443: connect: connection refused\n/ },
  { what: 'answers nothing', transport: silentTransport, why: /no answer within 15s/ },
];

for (const { what, transport, why } of servers) {
  test(`of an API server that ${what} it is said what was asked of it, and what to look at`, async () => {
    const host = await left();
    for (const { args, says } of withoutServer) {
      const clock = new SkippingClock();
      const files = filesOf(host);
      const ran = await runOn(host, { client: restClient(transport) }, args, { timeGoesOn: true, clock });
      assert.equal(ran.code, 1, args.join(' '));
      assert.match(ran.err, says);
      assert.match(ran.err, why);
      assert.ok(clock.monotonic() - new SkippingClock().monotonic() < 120_000, `${args.join(' ')} ends in two minutes`);
      assert.equal(clock.pending, 0, `${args.join(' ')} leaves no timer`);
      assert.deepEqual(filesOf(host), files, `${args.join(' ')} changes nothing`);
    }
  });

  test(`certificates are renewed although the API server ${what}`, async () => {
    const host = await left();
    const before = host.texts.get('/etc/kubernetes/pki/apiserver.crt');
    for (const args of [['check-expiration'], ['renew', 'all']]) {
      const ran = await runOn(host, { client: restClient(transport) }, ['certs', ...args], { timeGoesOn: true });
      assert.equal(ran.code, 0, ran.err);
      assert.match(
        ran.out,
        /Error reading configuration from the Cluster\. Falling back to default configuration: GET .* failed/,
      );
      assert.match(ran.out, why);
    }
    assert.notEqual(host.texts.get('/etc/kubernetes/pki/apiserver.crt'), before);
  });
}

test('a machine that joins says which server it waited for, and why it went on no longer', async () => {
  const { cluster, ran } = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
  for (const { transport, why } of servers) {
    const { code, err } = await runOn(second(cluster, etcd), { client: restClient(transport) }, joinLine(ran), {
      timeGoesOn: true,
    });
    assert.equal(code, 1);
    assert.match(err, /error execution phase preflight: GET ".*\/kubeadm-config" failed for 1m0s/);
    assert.match(err, why);
  }
  assert.equal(etcd.members.length, 1);
});

test('a member that stays a learner is told of, with what takes it out again', async () => {
  const { cluster, ran } = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' }, { lags: true });
  const host = second(cluster, etcd);
  const { code, err } = await runOn(host, cluster, joinLine(ran));
  assert.equal(code, 1);
  assert.match(
    err,
    /the new etcd member "2" at https:\/\/10\.0\.0\.3:2380 could not be made a voter and stays a learner: .*in sync with leader; "kubeadm reset" on this machine takes it out/,
  );
  const reset = await runOn(host, cluster, ['reset', '--force']);
  assert.equal(reset.code, 0, reset.err);
  assert.equal(etcd.members.length, 1);
});

test('an etcd that takes no new member is named', async () => {
  const { cluster, ran } = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
  const host = second(cluster, etcd, (answer) => {
    const given = answer();
    if (!etcd.asked.at(-1)?.endsWith(' add')) return given;
    etcd.members.length = 1;
    return { status: 503, body: '{"message": "etcdserver: unhealthy cluster"}' };
  });
  const { code, err } = await runOn(host, cluster, joinLine(ran));
  assert.equal(code, 1);
  assert.match(
    err,
    /the etcd member at https:\/\/10\.0\.0\.3:2380 could not be added to the etcd cluster: etcdserver: unhealthy cluster; run "kubeadm reset" on this machine and join again/,
  );
});

test('a token that somebody else has made is refused, also when the answer got lost', async () => {
  const { cluster, first } = await initialized();
  const id = '/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcde1';
  cluster.objects.set(id, { metadata: { name: 'bootstrap-token-abcde1' }, data: { 'token-id': 'x' } });
  const { code, err } = await runOn(first, cluster, ['token', 'create', 'abcde1.0123456789abcdef']);
  assert.equal(code, 1);
  assert.match(err, /a token with id "abcde1" already exists/);
});

test('an image that a registry does not give at first is asked for again, as often as upstream does', async () => {
  for (const [failures, code] of [
    [4, 0],
    [5, 1],
  ]) {
    let asked = 0;
    const pull = async (): Promise<void> => {
      if (++asked <= (failures as number)) throw new Error('registry: 503');
    };
    const images = async () => ({ has: async () => false, pull, close: () => {} });
    const ran = await runOn(new FakeHost(), new FakeCluster(), ['config', 'images', 'pull'], { deps: { images } });
    assert.equal(ran.code, code, ran.err);
  }
});
