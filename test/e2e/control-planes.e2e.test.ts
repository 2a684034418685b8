/** Three control planes: what holds while one of them loses its power, is reset, and joins again. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ConfigMap, configmaps } from '@typernetes/api/core/v1';
import { clientFromKubeconfig, loadKubeconfig, type ResourceClient } from '@typernetes/client';
import { kubeconfigFile } from '@typernetes/machine';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { hostNetwork, noTraces, tracesOf } from './host-traces.ts';

const [first, second, third] = ['h-control-plane', 'h-control-plane2', 'h-control-plane3'] as const;
const admin = 'export KUBECONFIG=/etc/kubernetes/admin.conf';

/** Prints the names of etcd's voters. */
const listVoters = `
const { readFileSync } = require('fs');
const file = (name) => readFileSync('/etc/kubernetes/pki/etcd/' + name);
const options = { method: 'POST', ca: file('ca.crt'), cert: file('healthcheck-client.crt'), key: file('healthcheck-client.key') };
require('https').request('https://127.0.0.1:2379/v3/cluster/member/list', options, async (response) => {
  const { members } = JSON.parse(Buffer.concat(await response.toArray()));
  console.log(members.filter((member) => !member.isLearner).map((member) => member.name).sort().join(' '));
}).end('{}');`;

describe('three control planes', () => {
  const networkBefore = hostNetwork();
  let walkthrough: Walkthrough;
  let host: Shell;

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.typernetes.run('cluster', 'create', 'h', '--control-planes', '3', '--workers', '2');
    host = walkthrough.onHost('h', { kubectl: 'upstream' });
  });
  after(() => walkthrough?.close());

  const voters = async (): Promise<string> =>
    (await walkthrough.inMachine(second).run(`/usr/local/lib/typernetes/node -e "${listVoters}"`)).trim();
  const apiServers = async (): Promise<number> =>
    (await host.run("kubectl get endpoints kubernetes -o jsonpath='{.subsets[*].addresses[*].ip}'")).split(' ').length;

  test('share an etcd in which all vote, and are all behind the service "kubernetes"', async () => {
    assert.equal(await voters(), `${first} ${second} ${third}`);
    await eventually(async () => assert.equal(await apiServers(), 3));
    const roles = await host.run('kubectl get nodes --no-headers');
    assert.equal(roles.match(/ Ready +control-plane /g)?.length, 3, roles);
  });

  test('serve writers on when one loses its power, and lose nothing that was acknowledged', async (t) => {
    const client = clientFromKubeconfig(loadKubeconfig(kubeconfigFile({ installation: walkthrough }, 'h')));
    const stop = new AbortController();
    const writing = write(client.resource(configmaps), stop.signal);
    await eventually(() => assert.ok(writing.acknowledged.length > 20));
    await walkthrough.typernetes.run('machine', 'stop', first, '--force');
    const before = writing.acknowledged.length;
    await eventually(() => assert.ok(writing.acknowledged.length > before + 20));
    // The others notice, so that pods are not led to the lost one.
    await eventually(async () => assert.equal(await apiServers(), 2));
    stop.abort();
    await writing.ended;
    t.diagnostic(`longest time without an acknowledged write: ${Math.round(writing.longestGapMs)} ms`);
    const { items } = await client.resource(configmaps).list({ namespace: 'default' });
    const there = new Set(items.map(({ metadata }) => metadata.name));
    assert.deepEqual(
      writing.acknowledged.filter((name) => !there.has(name)),
      [],
    );
    client.transport.close();
  });

  test('take it back', async () => {
    await walkthrough.typernetes.run('machine', 'start', first);
    await host.run(`kubectl wait --for=condition=Ready --timeout=180s node/${first}`);
    await eventually(async () => assert.equal(await apiServers(), 3));
  });

  test('let one leave by reset, and join again with fresh certificates', async () => {
    const reset = await walkthrough.inMachine(third).run('kubeadm reset --force 2>&1');
    assert.match(reset, new RegExp(`Removed the etcd member "${third}" from the etcd cluster`));
    assert.equal(await voters(), `${first} ${second}`);
    const left =
      'ls -A /etc/kubernetes/pki /etc/kubernetes/manifests /var/lib/etcd /var/lib/kubelet | grep -v :$; true';
    assert.equal((await walkthrough.inMachine(third).run(left)).trim(), '');
    await host.run(`kubectl delete node ${third}`);
    const uploaded = await walkthrough
      .inMachine(second)
      .run(`${admin}; kubeadm init phase upload-certs --upload-certs`);
    const key = /certificate key:\n([0-9a-f]{64})/.exec(uploaded)?.[1];
    const create = `kubeadm token create --print-join-command --certificate-key ${key}`;
    const join = await walkthrough.inMachine(second).run(create);
    const joined = await walkthrough.inMachine(third).run(join);
    assert.match(joined, /This node has joined the cluster and a new control plane instance was created/);
    assert.equal(await voters(), `${first} ${second} ${third}`);
    await host.run(`kubectl wait --for=condition=Ready --timeout=180s node/${third}`);
  });

  test('leave no trace', async () => {
    await walkthrough.typernetes.run('cluster', 'delete', 'h');
    await eventually(() => assert.deepEqual(tracesOf(walkthrough.home), noTraces));
    assert.equal(hostNetwork(), networkBefore);
  });
});

interface Writing {
  readonly acknowledged: string[];
  longestGapMs: number;
  readonly ended: Promise<void>;
}

/** Creates one object after the other; what fails or gets no answer is given up, its fate unknown. */
function write(maps: ResourceClient<ConfigMap>, stop: AbortSignal): Writing {
  const run = async (): Promise<void> => {
    let last = performance.now();
    for (let i = 0; !stop.aborted; i++) {
      const name = `written-${i}`;
      try {
        await maps.create({ metadata: { name, namespace: 'default' } }, { signal: AbortSignal.timeout(3000) });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      writing.acknowledged.push(name);
      writing.longestGapMs = Math.max(writing.longestGapMs, performance.now() - last);
      last = performance.now();
    }
  };
  const writing: Writing = { acknowledged: [], longestGapMs: 0, ended: Promise.resolve().then(run) };
  return writing;
}
