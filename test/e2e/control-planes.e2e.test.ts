/** Three control planes: during an upgrade, and while one of them loses its power, is reset, and joins again. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileInMachine, kubeconfigFile } from '@typernetes/machine';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { commandLineFor } from './command-line.ts';
import { falseServer } from './false-server.ts';
import { hostNetwork, noTraces, tracesOf } from './host-traces.ts';
import { olderRelease } from './newer-build.ts';
import { testUpgrade } from './upgrade.ts';
import { startWriter } from './writer.ts';

const [first, second, third] = ['h-control-plane', 'h-control-plane2', 'h-control-plane3'] as const;
const workers = ['h-worker', 'h-worker2'] as const;
const admin = 'export KUBECONFIG=/etc/kubernetes/admin.conf';

/** Prints the names of etcd's voting members. */
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
    const create = ['cluster', 'create', 'h', '--control-planes', '3', '--workers', '2', '--config', config];
    await commandLineFor(walkthrough.home, { version: olderRelease }).run(...create);
    host = walkthrough.onHost('h', { kubectl: 'upstream' });
  });
  after(() => walkthrough?.close());

  const config = resolve(import.meta.dirname, 'dual-stack.yaml');
  const fileIn = (machine: string, path: string): string =>
    readFileSync(fileInMachine({ installation: walkthrough }, machine, path), 'utf8');
  const addressOf = (node: string): Promise<string> =>
    host.run(`kubectl get node ${node} -o jsonpath='{.status.addresses[0].address}'`);
  const voters = async (): Promise<string> =>
    (await walkthrough.inMachine(second).run(`/usr/local/lib/typernetes/node -e "${listVoters}"`)).trim();
  const apiServers = async (): Promise<number> =>
    (await host.run("kubectl get endpoints kubernetes -o jsonpath='{.subsets[*].addresses[*].ip}'")).split(' ').length;

  test('share an etcd in which all vote, and are all endpoints of the service "kubernetes"', async () => {
    assert.equal(await voters(), `${first} ${second} ${third}`);
    await eventually(async () => assert.equal(await apiServers(), 3));
    const roles = await host.run('kubectl get nodes --no-headers');
    assert.equal(roles.match(/ Ready +control-plane /g)?.length, 3, roles);
  });

  test('give pods and Services an address of each family, and nodes where configured', async () => {
    for (const worker of workers) {
      const address = await addressOf(worker);
      const flags = `KUBELET_EXTRA_ARGS=--node-ip=${address},fd00:30::${address.split('.').at(-1)}\n`;
      walkthrough.write(worker, '/etc/default/kubelet', flags);
      await walkthrough.inMachine(worker).run('/etc/init.d/kubelet restart');
    }
    const get = (what: string, path: string): Promise<string> => host.run(`kubectl get ${what} -o jsonpath='${path}'`);
    await host.run(`kubectl apply -f ${resolve(import.meta.dirname, 'two-families.yaml')}`);
    await host.run('kubectl wait --for=condition=Ready pod/server pod/client --timeout=180s');
    const podIPs = (await get('pod server', '{.status.podIPs[*].ip}')).split(' ');
    const clusterIPs = (await get('service two', '{.spec.clusterIPs[*]}')).split(' ');
    assert.match(podIPs.join(), /^10\.244\.\d+\.\d+,fd00:10:244:[0-9a-f:]+$/);
    assert.match(clusterIPs.join(), /^10\.96\.\d+\.\d+,fd00:10:96::[0-9a-f]+$/);
    await eventually(async () => {
      const slices = await get(
        'endpointslices -l kubernetes.io/service-name=two',
        '{.items[*].endpoints[*].addresses}',
      );
      for (const ip of podIPs) assert.ok(slices.includes(`"${ip}"`), slices);
      const addresses = await get(`node ${workers[0]}`, '{.status.addresses[?(@.type=="InternalIP")].address}');
      assert.match(addresses, /^172\.30\.0\.\d+ fd00:30::\d+$/);
    });
    const nodePort = `[fd00:30::${(await addressOf(workers[0])).split('.').at(-1)}]:30081`;
    const targets = [...podIPs, ...clusterIPs].map((ip) => (ip.includes(':') ? `[${ip}]` : ip)).concat(nodePort);
    const assertServed = async (): Promise<void> => {
      for (const target of targets)
        await eventually(async () => {
          const page = await host.run(`kubectl exec client -- wget -q -O- 'http://${target}'`);
          assert.match(page, /both families/, target);
        });
    };
    await assertServed();
    const named = await host.run('kubectl exec client -- nslookup two.default.svc.cluster.local');
    for (const ip of clusterIPs) assert.ok(named.includes(ip), named);

    // The same by nftables, in which the cluster stays from here on.
    const inWorker = walkthrough.inMachine(workers[1]);
    assert.match(await inWorker.run('ip6tables-save -t nat'), /default\/two/);
    const configuration = await get('configmap kube-proxy -n kube-system', '{.data.config\\.conf}');
    const patch = { data: { 'config.conf': configuration.replace('mode: iptables', 'mode: nftables') } };
    await host.run(`kubectl -n kube-system patch configmap kube-proxy -p '${JSON.stringify(patch)}'`);
    await host.run('kubectl -n kube-system rollout restart daemonset kube-proxy');
    await host.run('kubectl -n kube-system rollout status daemonset kube-proxy --timeout=180s');
    await eventually(async () => {
      assert.match(await inWorker.run('nft list table ip6 kube-proxy'), /default\/two/);
      assert.doesNotMatch(await inWorker.run('iptables-save; ip6tables-save'), /KUBE-S/);
    });
    await assertServed();
    await host.run('kubectl delete service two');
    await eventually(async () => {
      // Its chains are deleted with the next sync, what leads there at once.
      const map = await inWorker.run('nft list map ip6 kube-proxy service-ips');
      assert.doesNotMatch(map, /default\/two/);
    });
  });

  testUpgrade({
    name: 'h',
    controlPlanes: [first, second, third],
    workers,
    walkthrough: () => walkthrough,
    host: () => host,
  });

  test('keep all votes, and all serve', async () => {
    assert.equal(await voters(), `${first} ${second} ${third}`);
    await eventually(async () => assert.equal(await apiServers(), 3));
  });

  test('keep serving a writer when one loses its power, and lose no acknowledged write', async (t) => {
    const writer = startWriter(kubeconfigFile({ installation: walkthrough }, 'h'), 'written');
    t.after(() => writer.stop());
    await eventually(() => assert.ok(writer.acknowledged.length > 20));
    await walkthrough.typernetes.run('machine', 'stop', first, '--force');
    const before = writer.acknowledged.length;
    await eventually(() => assert.ok(writer.acknowledged.length > before + 20));
    // The others notice the loss, and pods are no longer routed to it.
    await eventually(async () => assert.equal(await apiServers(), 2));
    t.diagnostic(`longest time without an acknowledged write: ${Math.round(await writer.end())} ms`);
  });

  test('accept it again', async () => {
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
    await refusesServersOfOtherTimes();
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

  test('recover by themselves when all machines lost their power at once', async () => {
    const machines = [first, second, third, ...workers];
    await Promise.all(machines.map((name) => walkthrough.typernetes.run('machine', 'stop', name, '--force')));
    await Promise.all(machines.map((name) => walkthrough.typernetes.run('machine', 'start', name)));
    await eventually(async () => {
      const nodes = await host.run('kubectl get nodes --no-headers');
      assert.equal(nodes.match(/ Ready /g)?.length, machines.length, nodes);
      const pods = (await host.run('kubectl get pods -A --no-headers')).trim().split('\n');
      assert.ok(
        pods.every((row) => / (\d+)\/\1 +Running /.test(row)),
        pods.join('\n'),
      );
    });
    assert.equal(await voters(), `${first} ${second} ${third}`);
  });

  test('leave no trace', async () => {
    await walkthrough.typernetes.run('cluster', 'delete', 'h');
    await eventually(() => assert.deepEqual(tracesOf(walkthrough.home), noTraces));
    assert.equal(hostNetwork(), networkBefore);
  });

  /** A server certificate that is not valid yet, or has expired, is rejected: this is how a wrong clock shows. */
  async function refusesServersOfOtherTimes(): Promise<void> {
    const server = await addressOf(second);
    const line = await walkthrough.inMachine(second).run('kubeadm token create --ttl 1h --print-join-command');
    const [, token = '', hash = ''] = /--token (\S+) --discovery-token-ca-cert-hash (\S+)/.exec(line) ?? [];
    const unknown = "error: error execution phase preflight: couldn't validate the identity of the API Server:";
    const ca = {
      certificate: fileIn(second, '/etc/kubernetes/pki/ca.crt'),
      privateKey: fileIn(second, '/etc/kubernetes/pki/ca.key'),
    };
    for (const [days, word] of [
      [-3, 'after'],
      [3, 'before'],
    ] as const) {
      const from = Date.now() + days * 86_400_000;
      const port = 7443 + days;
      const dates = { notBefore: from, notAfter: from + 86_400_000 };
      const { files, command } = await falseServer({ ca, address: server, port, ...dates });
      for (const [path, text] of Object.entries(files)) walkthrough.write(second, path, text);
      const serving = walkthrough.inMachine(second).start(command);
      const time = `certificate has expired or is not yet valid: current time \\S+ is ${word} \\d`;
      walkthrough.write(third, '/root/join.yaml', joinConfiguration({ token, hash, endpoint: `${server}:${port}` }));
      await eventually(async () => {
        const { exitCode, stderr } = await walkthrough.inMachine(third).attempt('kubeadm join --config join.yaml');
        assert.equal(exitCode, 1, stderr);
        assert.match(stderr, new RegExp(`${unknown} .*x509: ${time}`));
      });
      serving.child.kill();
      await serving.outcome;
    }
  }
});

const joinConfiguration = (of: { token: string; hash: string; endpoint: string }): string => `
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
timeouts: {discovery: 1s}
discovery: {bootstrapToken: {token: ${of.token}, apiServerEndpoint: "${of.endpoint}", caCertHashes: ["${of.hash}"]}}
`;
